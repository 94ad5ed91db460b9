import { closeSync, openSync, readFileSync } from "node:fs";
import { labError } from "../../topology/index.ts";
import { readImage } from "./disk/image.ts";
import { emptyQcow2 } from "./disk/overlay.ts";
import { openThrowAway } from "./disk/throw-away.ts";

export type StorageRequest = {
  /** For errors. */
  readonly node: string;
  readonly disks: readonly {
    readonly image?: { readonly path: string; readonly format?: "qcow2" | "raw" };
    /** At least the image's; the image's when absent. */
    readonly bytes?: number;
  }[];
  /** The variables that a UEFI machine begins with. */
  readonly variables?: string;
  readonly seed?: Uint8Array;
  /** A folder for what finds no room elsewhere. */
  readonly folder: string;
};

/**
 * The disks of a machine as far as they are its own: overlays, UEFI variables, seed, snapshots of
 * memory. They last as long as this is open, through power-offs, and leave nothing.
 */
export class VmStorage {
  /** In the order of the disks, each with what its image is. */
  readonly disks: readonly { readonly overlay: number; readonly format: "qcow2" | "raw" | undefined }[];
  readonly variables: number | undefined;
  readonly seed: number | undefined;
  readonly memory: number;
  readonly #open: number[] = [];

  /** @throws VM_FILE_UNREADABLE, VM_IMAGE_INVALID */
  constructor({ node, disks, variables, seed, folder }: StorageRequest) {
    const keep = (fd: number) => {
      this.#open.push(fd);
      return fd;
    };
    const open = (content: Uint8Array) => keep(openThrowAway(content, folder));
    try {
      this.disks = disks.map(({ image, bytes = 0 }) => {
        const facts = image === undefined ? undefined : readImage(node, image.path, image.format);
        const overlay = open(emptyQcow2(Math.max(bytes, facts?.virtualBytes ?? 0)));
        return { overlay, format: facts?.format };
      });
      this.variables = variables === undefined ? undefined : open(readVariables(node, variables));
      this.seed = seed === undefined ? undefined : keep(openReadOnly(seed, folder));
      this.memory = open(emptyQcow2(0));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    for (const fd of this.#open.splice(0)) closeSync(fd);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** QEMU takes a file that was opened as it is going to use it, and no other. */
function openReadOnly(content: Uint8Array, folder: string): number {
  const writable = openThrowAway(content, folder);
  try {
    return openSync(`/proc/self/fd/${writable}`, "r");
  } finally {
    closeSync(writable);
  }
}

function readVariables(node: string, path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw labError("VM_FILE_UNREADABLE", { node, what: "the UEFI variables", path, reason }, { cause: error });
  }
}
