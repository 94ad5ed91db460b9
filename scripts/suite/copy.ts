import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { requireOpenToOthers } from "../../src/client/launch/readable.ts";

/** Installed, built or downloaded, so not in git, but needed to run, or slow to get again. */
const installed = ["node_modules", ".node", "dist", "build/debian"];

/**
 * Copies a checkout, as it is now with uncommitted work, to a folder of its own.
 *
 * @param owner who owns the copy; this user when absent
 */
export async function copyCheckout(
  from: string,
  to: string,
  owner?: { readonly uid: number; readonly gid: number },
): Promise<void> {
  mkdirSync(to, { recursive: true });
  if (owner !== undefined) chownSync(to, owner.uid, owner.gid);
  const files = [...sourceFiles(from), ...installed.filter((name) => existsSync(join(from, name)))];
  const pack = spawn("tar", ["-C", from, "-c", "--null", "-T", "-"], { stdio: ["pipe", "pipe", "inherit"] });
  // Unpacked by its owner: folders that are in no list would be root's otherwise.
  const unpack = spawn("tar", ["-C", to, "-xp"], {
    stdio: [pack.stdout, "inherit", "inherit"],
    ...(owner === undefined ? {} : { uid: owner.uid, gid: owner.gid }),
  });
  pack.stdin.end(files.join("\0"));
  const [[packed], [unpacked]] = await Promise.all([once(pack, "exit"), once(unpack, "exit")]);
  if (packed !== 0 || unpacked !== 0)
    throw new Error(`Copying the checkout to ${to} failed (tar: ${packed}, ${unpacked}).`);
}

/** Root's labs run under ids that own nothing, and some checkouts are for root's eyes only. */
export function isOpen(folder: string): boolean {
  try {
    requireOpenToOthers({ files: [join(folder, "package.json")], folders: [] }, 65_534);
    return true;
  } catch {
    return false;
  }
}

/** What git tracks or would, or for a checkout that is no git repository, everything. */
function sourceFiles(from: string): readonly string[] {
  try {
    // The repository may belong to somebody else than root, which git refuses without this.
    const listing = ["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    const names = execFileSync("git", listing, { cwd: from, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return names.split("\0").filter((name) => name !== "" && existsSync(join(from, name)));
  } catch {
    return readdirSync(from).filter((name) => name !== ".git" && name !== "build" && !installed.includes(name));
  }
}
