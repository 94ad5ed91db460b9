import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { bindMount, mount } from "../../kernel/index.ts";
import { labError, type ProgramNode } from "../../topology/index.ts";
import type { Furnishing } from "../furnishing.ts";
import { findUser } from "./users.ts";

/**
 * Makes folders and files in the node's file system, in which this thread must already be: so no
 * path of a lab file leads out of it. Where the node shares the host's (`root: host`) nothing is
 * written there: folders and files are mounted over what the host has.
 *
 * @param spare makes an empty file outside the node's view
 */
export function furnish(node: ProgramNode, furnishing: Furnishing | undefined, spare: () => string): void {
  const own = (path: string, owner: string | undefined) => {
    if (owner === undefined) return;
    const { uid, gid } = findUser(owner, node.name);
    chownSync(path, uid, gid);
  };
  const directories = furnishing?.directories ?? [];
  for (const { path, mode, owner } of directories) {
    if (node.root === "host")
      mount({ source: "tmpfs", target: existsSync(path) ? path : dirname(path), type: "tmpfs", data: "mode=755" });
    mkdirSync(path, { recursive: true });
    chmodSync(path, mode);
    own(path, owner);
  }
  const files: Furnishing["files"] = [...(furnishing?.files ?? []), ...node.files];
  for (const file of files) {
    const isPrivate = node.root === "isolated" || directories.some(({ path }) => file.path.startsWith(`${path}/`));
    const path = isPrivate ? file.path : spare();
    if (!isPrivate && !existsSync(file.path))
      throw labError("FILE_NEEDS_OWN_ROOT", { node: node.name, path: file.path });
    mkdirSync(dirname(path), { recursive: true });
    // What is there may be the host's file, seen through an overlay: it can be replaced, but not written to.
    if (isPrivate) rmSync(path, { force: true });
    writeFileSync(path, Buffer.from(file.contentBase64, "base64"));
    chmodSync(path, file.mode);
    own(path, file.owner);
    if (!isPrivate) bindMount(path, file.path, {});
  }
}
