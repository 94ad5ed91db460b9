import { chmodSync, lstatSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { bindMount, makePrivate, mount, pivotRoot, unmount } from "../../../kernel/index.ts";
import {
  familiarName,
  type ImageContent,
  labError,
  type NodeImage,
  type ProgramNode,
} from "../../../topology/index.ts";
import { resolvConf } from "../../resolv-conf.ts";
import type { EtcTemplate } from "./etc.ts";
import { mountSysfs, provideDevices } from "./isolated.ts";
import { mountOfHost } from "./mounts.ts";
import { fileWithin, folderWithin, pathWithin } from "./within.ts";

/** A node whose image has been fetched. */
export type ImageNode = ProgramNode & { readonly image: NodeImage & { readonly content: ImageContent } };

export const hasImage = (node: ProgramNode): node is ImageNode => node.image?.content !== undefined;

/** The options of an overlay fill at most one page (mount(2)). */
const optionBytes = 4095;

/**
 * Builds the root file system of a node from the layers of its image at `stage`, in a mount namespace of
 * its own that still shows the sandbox: the node's /proc is mounted by its init, with the sandbox's
 * programs, as an image may have none. `enterImageRoot` comes next.
 *
 * Nothing of the image is followed out of it, wherever its links point.
 *
 * @param own an empty folder for what the node writes
 * @throws IMAGE_ROOT_REFUSED
 */
export function buildImageRoot(
  node: ImageNode,
  stage: string,
  own: string,
  etc: EtcTemplate,
  options: { readonly hasUsers: boolean; readonly host: string },
): void {
  makePrivate("/");
  for (const name of ["upper", "work"]) mkdirSync(`${own}/${name}`, { recursive: true });
  chmodSync(`${own}/upper`, 0o755);
  try {
    mountOverlay(node.image.content.layers, stage, own);
  } catch (error) {
    const image = familiarName(node.image.reference);
    throw labError(
      "IMAGE_ROOT_REFUSED",
      { node: node.name, image, reason: (error as Error).message },
      { cause: error },
    );
  }
  fileWithin(stage, "/etc/hostname", `${node.hostname}\n`);
  fileWithin(stage, "/etc/resolv.conf", resolvConf(node));
  bindMount(etc.hostsFile, fileWithin(stage, "/etc/hosts", ""), { readOnly: true });
  const isNew = lstatSync(pathWithin(stage, "/tmp"), { throwIfNoEntry: false }) === undefined;
  const temporary = folderWithin(stage, "/tmp");
  if (isNew) chmodSync(temporary, 0o1777);
  folderWithin(stage, workingDirectory(node));
  // At the top of the tree: what the image may have there instead is out of the way.
  for (const name of ["proc", "sys", "dev"]) folderAtTop(stage, name);
  mount({ source: "tmpfs", target: `${stage}/dev`, type: "tmpfs", flags: ["nosuid"], data: "mode=755" });
  provideDevices(`${stage}/dev`, options);
  for (const shown of node.mounts) mountOfHost(shown, mountPoint(stage, shown.target, shown.source), options.host);
  mountSysfs(`${stage}/sys`);
}

/** Moves everyone in this mount namespace into the root that was built at `stage`; nothing else can be reached afterwards. */
export function enterImageRoot(stage: string): void {
  // The former root ends up above the new one, and needs no folder in it (pivot_root(2), NOTES).
  process.chdir(stage);
  pivotRoot(".", ".");
  unmount(".", { detach: true });
  process.chdir("/");
}

/** Where programs of the node start when nobody says otherwise. */
export const workingDirectory = ({ image }: ImageNode): string =>
  image.workingDirectory ?? image.content.config.workingDirectory;

function mountOverlay(layers: readonly string[], target: string, own: string): void {
  const parents = new Set(layers.map((layer) => dirname(layer)));
  const [parent = "/"] = parents;
  // From the folder that all layers are in, their names are short.
  const short = parents.size === 1;
  process.chdir(short ? parent : "/");
  const names = layers
    .toReversed()
    .map((layer) => escaped(short ? layer.slice(parent.length).replace(/^\/+/, "") : layer));
  const data = `userxattr,lowerdir=${names.join(":")},upperdir=${escaped(`${own}/upper`)},workdir=${escaped(`${own}/work`)}`;
  if (Buffer.byteLength(data) > optionBytes) throw new Error(`it has ${layers.length} layers, which is too many`);
  mount({ source: "overlay", target, type: "overlay", data });
}

const escaped = (path: string): string => path.replace(/[\\:,]/g, "\\$&");

function folderAtTop(stage: string, name: string): void {
  const place = `${stage}/${name}`;
  if (lstatSync(place, { throwIfNoEntry: false })?.isDirectory()) return;
  fileWithin(stage, `/${name}`, "");
  folderWithin(stage, `/${name}`);
}

function mountPoint(stage: string, target: string, source: string): string {
  if (statSync(source).isDirectory()) return folderWithin(stage, target);
  const place = pathWithin(stage, target);
  if (lstatSync(place, { throwIfNoEntry: false }) !== undefined) return place;
  mkdirSync(dirname(place), { recursive: true });
  writeFileSync(place, "");
  return place;
}
