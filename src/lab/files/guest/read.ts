import { posix } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import {
  type CopyCounts,
  type Entry,
  type EntrySink,
  encodeHeader,
  endOfArchive,
  type GivenPath,
  newCounts,
  padding,
  skip,
  TarReader,
} from "../../../archive/index.ts";
import type { GuestEnd, GuestSystem } from "../../../engines/index.ts";
import { labError } from "../../../topology/index.ts";
import type { Client } from "./client.ts";
import { lookAt, saying } from "./look.ts";

/** What tar is to pack. */
export type Source = {
  readonly folder: string;
  /** In the folder; `.` is the folder itself. */
  readonly name: string;
  /** What it is called in the archive. */
  readonly as: string;
  /** Full paths below it at which the kernel shows its own state. */
  readonly views: readonly string[];
  readonly show: (path: string) => string;
};

/** Encoded, it and the guest's copies of it stay small beside a guest's memory. */
const pieceBytes = 1 << 20;
const lookMs = 50;
/** File systems that show the kernel's own state, by their names in /proc/mounts (proc(5)). */
const kernelFileSystems =
  /^(proc|sysfs|debugfs|tracefs|securityfs|cgroup2?|pstore|bpf|configfs|efivarfs|devpts|binfmt_misc)$/;

/** @throws COPY_SOURCE_NOT_FOUND, COPY_NOT_A_FOLDER */
export async function prepareRead(
  guest: GuestSystem,
  source: GivenPath,
  follow: boolean,
  show: (path: string) => string,
): Promise<Source> {
  const { path, name, asFolder, contents } = source;
  const place = await lookAt(guest, path, show);
  if (place.is === "nothing" && (!place.isLink || follow || asFolder))
    throw labError("COPY_SOURCE_NOT_FOUND", { path: show(path) });
  if (asFolder && place.is !== "folder") throw labError("COPY_NOT_A_FOLDER", { path: show(path) });
  const isFollowed = place.isLink && (follow || asFolder);
  const real = isFollowed ? place.real : path;
  const mounts = await guest.run(["cat", "/proc/mounts"]);
  const below = place.is === "folder" && (isFollowed || !place.isLink) ? viewsBelow(place.real, mounts.stdout) : [];
  if (contents || name === "" || real === "/")
    return { folder: real, name: ".", as: contents || name === "" ? "." : name, views: below, show };
  return { folder: posix.dirname(real), name: posix.basename(real), as: name, views: below, show };
}

/** From the lines of /proc/mounts, in which spaces and the like are octal numbers. */
function viewsBelow(folder: string, mounts: string): readonly string[] {
  return mounts.split("\n").flatMap((line) => {
    const [, at = "", type = ""] = line.split(" ");
    const path = at.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
    const prefix = folder === "/" ? "/" : `${folder}/`;
    return kernelFileSystems.test(type) && path.startsWith(prefix) && path !== "/" ? [path.slice(prefix.length)] : [];
  });
}

/**
 * Has tar pack into a file, and sends what comes to it, while it does.
 *
 * @param file in the guest
 * @returns what was sent. What could not be read is told in it, as the rest was copied
 * @throws COPY_FAILED, COPY_BROKEN_OFF, VM_AGENT_SILENT, …
 */
export async function sendArchive(
  guest: GuestSystem,
  source: Source,
  file: string,
  client: Client,
): Promise<CopyCounts> {
  client.expectNothing();
  const { folder, name, views } = source;
  const start = name === "." ? "." : `./${name}`;
  const excluded = views.map((path) => `--exclude=${start}/${path}`);
  const pid = await guest.start(["tar", "-c", "-f", file, "-C", folder, ...excluded, start]);
  let end: GuestEnd | undefined;
  let last: GuestEnd;
  const handle = await guest.openFile(file, "r");
  const renaming = new Renaming(source);
  const reader = new TarReader(renaming);
  try {
    for (let at = 0; ; ) {
      // What is there once it has ended is all.
      const before = end;
      const piece = await guest.readFile(handle, pieceBytes);
      at += piece.length;
      if (!reader.ended) reader.push(piece);
      for (const { bytes, whole } of renaming.take()) await client.send(bytes, whole);
      client.requirePresence();
      if (piece.length > 0) continue;
      if (before !== undefined) {
        last = before;
        break;
      }
      end = await guest.endOf(pid);
      if (end === undefined) await pause(lookMs);
      await guest.seekFile(handle, at);
    }
  } finally {
    await guest.closeFile(handle).catch(() => undefined);
    if (end === undefined) await guest.script('kill "$1"', String(pid)).catch(() => undefined);
  }
  const { counts } = renaming;
  const failure =
    last.exitCode === 0
      ? undefined
      : labError("COPY_FAILED", { path: source.show(posix.join(folder, name)), reason: saying(last) });
  if (counts.files + counts.folders + counts.links === 0 && failure !== undefined) throw failure;
  reader.finish();
  await client.send(endOfArchive(), true);
  for (const path of views) skip(counts, source.show(posix.join(folder, name, path)), "it is a view of the kernel");
  if (failure !== undefined) counts.failed = failure.toReport();
  return counts;
}

type Piece = { readonly bytes: Uint8Array; readonly whole: boolean };

/** Writes the entries of one archive into another, under the name that was asked for. */
class Renaming implements EntrySink {
  readonly counts = newCounts();
  readonly #source: Source;
  #pieces: Piece[] = [];
  #fileBytes = 0;
  #isLeftOut = false;

  constructor(source: Source) {
    this.#source = source;
  }

  /** What has come since. */
  take(): readonly Piece[] {
    return this.#pieces.splice(0);
  }

  entry(entry: Entry): void {
    const { type } = entry;
    const name = this.#named(entry.name);
    this.#isLeftOut = type === "other";
    if (type === "other") {
      skip(
        this.counts,
        this.#source.show(posix.join(this.#source.folder, entry.name)),
        "it is a device, a pipe or a socket",
      );
      return;
    }
    this.#fileBytes = type === "file" ? entry.sizeBytes : 0;
    if (type === "folder") this.counts.folders += 1;
    else if (type === "file") this.counts.files += 1;
    else this.counts.links += 1;
    const target = type === "hardlink" ? { target: this.#named(entry.target ?? "") } : {};
    const bytes = encodeHeader({ ...entry, type, name, ...target, sizeBytes: this.#fileBytes });
    this.#pieces.push({ bytes, whole: this.#fileBytes === 0 });
  }

  data(bytes: Buffer): void {
    if (this.#isLeftOut) return;
    this.counts.bytes += bytes.length;
    this.#pieces.push({ bytes, whole: false });
  }

  entryEnd(): void {
    if (this.#isLeftOut || this.#fileBytes === 0) return;
    this.#pieces.push({ bytes: Buffer.alloc(padding(this.#fileBytes)), whole: true });
    this.#fileBytes = 0;
  }

  /** The guest's tar packs `./name/…`. */
  #named(name: string): string {
    const { name: given, as } = this.#source;
    const names = name.split("/").filter((one) => one !== "" && one !== ".");
    const below = given === "." ? names : names.slice(1);
    return [as, ...below].join("/");
  }
}
