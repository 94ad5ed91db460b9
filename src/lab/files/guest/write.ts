import { posix } from "node:path";
import {
  type CopyCounts,
  type Entry,
  type EntrySink,
  encodeGnuHeader,
  endOfArchive,
  type GivenPath,
  newCounts,
  padding,
  readReport,
  skip,
  TarReader,
  wholeReport,
} from "../../../archive/index.ts";
import type { GuestSystem } from "../../../engines/index.ts";
import { labError, NetwrightError } from "../../../topology/index.ts";
import type { Client } from "./client.ts";
import { lookAt, type Place, saying } from "./look.ts";

/** Where an archive is to go, by what is there. */
export type Destination = {
  readonly path: GivenPath;
  /** What the archive is of; any archive when absent. */
  readonly of: string | undefined;
  readonly there: Place;
  /** What has the name of what comes, in the folder that is there. */
  readonly inside: Place | undefined;
  readonly show: (path: string) => string;
};

const pieceBytes = 1 << 20;
/** Empty blocks after an archive's end, and a report. */
const mostRestBytes = 16 << 20;

/** @throws COPY_NO_FOLDER, COPY_FAILED: what is wrong whatever comes */
export async function prepareWrite(
  guest: GuestSystem,
  path: GivenPath,
  of: string | undefined,
  show: (path: string) => string,
): Promise<Destination> {
  const there = await lookAt(guest, path.path, show);
  const isNamed = of !== undefined && of !== ".";
  const inside = there.is === "folder" && isNamed ? await lookAt(guest, posix.join(path.path, of), show) : undefined;
  if (of === undefined && there.is !== "folder") throw labError("COPY_NO_FOLDER", { path: show(path.path) });
  if (there.is === "nothing") {
    const parent = await lookAt(guest, path.folder, show);
    if (parent.is !== "folder") throw labError("COPY_NO_FOLDER", { path: show(path.folder) });
    if (there.isLink)
      throw labError("COPY_FAILED", { path: show(path.path), reason: "it is a symbolic link to nothing" });
  }
  return { path, of, there, inside, show };
}

/**
 * Takes an archive and a report, has tar unpack it, and says what came of it.
 *
 * @param file in the guest, for the archive
 * @throws COPY_REFUSED, COPY_FAILED with what tar says, ARCHIVE_BAD, COPY_BROKEN_OFF, VM_AGENT_REFUSED, …
 */
export async function takeArchive(
  guest: GuestSystem,
  destination: Destination,
  owners: boolean,
  file: string,
  client: Client,
): Promise<CopyCounts> {
  const placing = new Placing(destination, owners);
  const packed = await upload(guest, placing, file, client);
  const { folder, counts } = placing;
  if (destination.there.is === "nothing" && destination.of === ".") await make(guest, folder, destination);
  if (counts.files + counts.folders + counts.links > 0) {
    const pid = await guest.start(["tar", "-x", "-p", "-f", file, "-C", folder]);
    const end = await guest.waitFor(pid, () => client.requirePresence());
    if (end.exitCode !== 0)
      throw labError("COPY_FAILED", { path: destination.show(destination.path.path), reason: saying(end) });
  }
  return {
    ...counts,
    skipped: [...packed.skipped, ...counts.skipped],
    skippedCount: packed.skippedCount + counts.skippedCount,
    ...(packed.failed === undefined ? {} : { failed: packed.failed }),
  };
}

async function make(guest: GuestSystem, folder: string, { show }: Destination): Promise<void> {
  const { exitCode, stderr } = await guest.run(["mkdir", folder]);
  if (exitCode !== 0) throw labError("COPY_FAILED", { path: show(folder), reason: stderr.trim() });
}

/** Writes the archive into the file, as the guest is to unpack it. @returns what was packed, as its packer says */
async function upload(guest: GuestSystem, placing: Placing, file: string, client: Client): Promise<CopyCounts> {
  const handle = await guest.openFile(file, "w");
  const reader = new TarReader(placing);
  const rest: Buffer[] = [];
  let restBytes = 0;
  try {
    for await (const received of client.received()) {
      const taken = reader.push(received);
      if (taken < received.length) {
        rest.push(received.subarray(taken));
        restBytes += received.length - taken;
        if (restBytes > mostRestBytes) throw labError("ARCHIVE_BAD", { reason: "much follows its end" });
        if (wholeReport(rest) !== undefined) break;
      }
      if (placing.bytesReady >= pieceBytes) await guest.writeFile(handle, placing.take());
    }
    client.expectNothing();
    const packed = reader.ended ? readReport(rest) : undefined;
    if (packed === undefined) throw labError("COPY_BROKEN_OFF", { what: "The connection" });
    if (packed.type === "failed") throw asError(packed.error);
    placing.finish();
    await guest.writeFile(handle, Buffer.concat([placing.take(), endOfArchive()]));
    return packed.result;
  } finally {
    await guest.closeFile(handle);
  }
}

/**
 * Checks what comes, and gives it the names that it is to have: with `..`, from the root, of another name
 * than was told, or through a link that came before, it is refused.
 */
class Placing implements EntrySink {
  readonly counts = newCounts();
  readonly #destination: Destination;
  readonly #owners: boolean;
  readonly #links = new Set<string>();
  #pieces: Buffer[] = [];
  #bytes = 0;
  #contents: { left: number; readonly sizeBytes: number } | undefined;
  /** Known by the first entry. */
  #place: { readonly folder: string; readonly name: string | undefined } | undefined;

  constructor(destination: Destination, owners: boolean) {
    this.#destination = destination;
    this.#owners = owners;
  }

  /** Where tar unpacks. */
  get folder(): string {
    return this.#place?.folder ?? this.#destination.path.path;
  }

  get bytesReady(): number {
    return this.#bytes;
  }

  take(): Buffer {
    const bytes = Buffer.concat(this.#pieces.splice(0));
    this.#bytes = 0;
    return bytes;
  }

  /** Says that all has come. @throws as for an entry */
  finish(): void {
    this.#place ??= this.#placeFor(undefined);
  }

  entry(entry: Entry): void {
    const names = this.#checked(entry.name);
    this.#place ??= this.#placeFor(entry);
    const placed = this.#renamed(names);
    const { type } = entry;
    this.#contents = undefined;
    if (placed.length === 0) {
      // The folder itself, which is there, or is made.
      this.counts.folders += 1;
      return;
    }
    if (type === "other") {
      const path = posix.join(this.folder, ...placed);
      skip(this.counts, this.#destination.show(path), "it is a device, a pipe or of an unknown kind");
      return;
    }
    for (let depth = 1; depth < names.length; depth++)
      if (this.#links.has(names.slice(0, depth).join("/"))) throw refused(entry.name, "it would go through a link");
    if (type === "symlink") this.#links.add(names.join("/"));
    if (type === "folder") this.counts.folders += 1;
    else if (type === "file") this.counts.files += 1;
    else this.counts.links += 1;
    const target =
      type === "hardlink" ? { target: `./${this.#renamed(this.#checked(entry.target ?? "")).join("/")}` } : {};
    const owner = this.#owners ? {} : { uid: 0, gid: 0 };
    const sizeBytes = type === "file" ? entry.sizeBytes : 0;
    if (type === "file") this.#contents = { left: sizeBytes, sizeBytes };
    this.#give(encodeGnuHeader({ ...entry, type, name: `./${placed.join("/")}`, ...target, ...owner, sizeBytes }));
  }

  data(bytes: Buffer): void {
    if (this.#contents === undefined) return;
    this.counts.bytes += bytes.length;
    // The reader's memory is used again.
    this.#give(Buffer.from(bytes));
  }

  entryEnd(): void {
    if (this.#contents !== undefined) this.#give(Buffer.alloc(padding(this.#contents.sizeBytes)));
    this.#contents = undefined;
  }

  #give(bytes: Buffer): void {
    this.#pieces.push(bytes);
    this.#bytes += bytes.length;
  }

  #checked(name: string): readonly string[] {
    const { of } = this.#destination;
    if (name.startsWith("/")) throw refused(name, "it is a path from the root");
    const names = name.split("/").filter((one) => one !== "" && one !== ".");
    if (names.includes("..")) throw refused(name, "it has .. in it");
    const first = name.startsWith("./") || name === "." ? "." : names[0];
    if (of !== undefined && first !== of) throw refused(name, `only ${of} was asked for`);
    return names;
  }

  #renamed(names: readonly string[]): readonly string[] {
    const name = this.#place?.name;
    return name === undefined ? names : [name, ...names.slice(1)];
  }

  /** Where cp(1) would put it. */
  #placeFor(first: Entry | undefined): { readonly folder: string; readonly name: string | undefined } {
    const { path, of, there, inside, show } = this.#destination;
    const comesFolder = first?.type === "folder";
    if (there.is === "folder") {
      const at = show(posix.join(path.path, of ?? ""));
      if (inside?.is === "other" && comesFolder) throw labError("COPY_FOLDER_ONTO_FILE", { path: at });
      if (inside?.is === "folder" && !comesFolder) throw labError("COPY_FILE_ONTO_FOLDER", { path: at });
      return { folder: path.path, name: undefined };
    }
    if (there.is === "other" && comesFolder) throw labError("COPY_FOLDER_ONTO_FILE", { path: show(path.path) });
    if (path.asFolder && !comesFolder) throw labError("COPY_NO_FOLDER", { path: show(path.path) });
    if (there.is === "other") return { folder: posix.dirname(there.real), name: posix.basename(there.real) };
    if (of === ".") return { folder: path.path, name: undefined };
    return { folder: path.folder, name: path.name };
  }
}

const refused = (name: string, reason: string) => labError("COPY_REFUSED", { name, reason });

const asError = ({ code, message, remedy }: { code: string; message: string; remedy?: string | undefined }) =>
  new NetwrightError(code as NetwrightError["code"], message, {
    exitCode: 1,
    ...(remedy === undefined ? {} : { remedy }),
  });
