import type { CopyResult } from "../api/files.ts";
import type { CopyOptions } from "../client/files.ts";
import type { LabClient } from "../client/lab.ts";
import { labError } from "../topology/errors/error.ts";
import { connect } from "./choose-lab.ts";
import type { Session } from "./command.ts";
import type { CpOptions } from "./commands/cp.ts";
import { type CopyPlace, copyPlace } from "./copy-place.ts";
import { onInterrupt } from "./interrupt.ts";

/** How often a terminal is told how far a copy is. */
const progressMs = 150;
const clearLine = "\r\x1b[2K";

/** `netwright cp`. @returns the exit code */
export async function copy(session: Session<CpOptions>, sourceText: string, destinationText: string): Promise<number> {
  const { context, output, options } = session;
  const [source, destination] = [copyPlace(sourceText), copyPlace(destinationText)];
  if (source.in !== "node" && destination.in !== "node")
    throw labError("USAGE", {
      problem: "One of the two must be in a node.",
      remedy: `Write it as NODE:PATH: netwright cp ${sourceText} h1:${destinationText === "-" ? "/tmp" : destinationText}`,
    });
  if (destination.in === "stream" && context.stdout.isTTY)
    throw labError("USAGE", {
      problem: "An archive is no text, and standard output is a terminal.",
      remedy: `Send it to a program or a file: netwright cp ${sourceText} - > files.tar`,
    });
  if (destination.in === "stream" && output.json)
    throw labError("USAGE", { problem: "--json and - both want standard output.", remedy: "Leave out one of them." });
  const client = await connect(context, options);
  using interrupt = onInterrupt(process);
  const shown = progressOf(session);
  const how: CopyOptions = {
    followLink: options.followLink ?? false,
    archive: options.archive ?? false,
    signal: interrupt.signal,
    onProgress: shown.progress,
  };
  let result: CopyResult;
  try {
    result = await perform(session, client, source, destination, how);
  } catch (error) {
    shown.end();
    if (interrupt.signal.aborted) return interrupt.exitCode();
    throw error;
  }
  shown.end();
  report(session, result, sourceText, destinationText);
  return 0;
}

async function perform(
  { context }: Session<CpOptions>,
  client: LabClient,
  source: CopyPlace,
  destination: CopyPlace,
  how: CopyOptions,
): Promise<CopyResult> {
  const { resolve } = await import("node:path");
  /** A slash or `/.` at its end has a meaning. */
  const here = (path: string) => (path.startsWith("/") ? path : `${resolve(context.directory)}/${path}`);
  if (source.in === "node") {
    if (destination.in === "node") return client.copyBetween(source, destination, how);
    if (destination.in === "here") return client.copyFrom(source.node, source.path, here(destination.path), how);
    const write = (piece: Buffer) =>
      new Promise<void>((resolve, reject) => {
        context.stdout.write(piece, (error) => (error ? reject(error) : resolve()));
      });
    return client.exportFiles(source.node, source.path, write, how);
  }
  if (destination.in !== "node") throw new RangeError("neither is in a node");
  return source.in === "here"
    ? client.copyTo(here(source.path), destination.node, destination.path, how)
    : client.importFiles(context.stdin, destination.node, destination.path, how);
}

function report({ output }: Session<CpOptions>, result: CopyResult, source: string, destination: string): void {
  const warning = output.notePaint("yellow", "Warning:");
  for (const { path, reason } of result.skipped) output.note(`${warning} ${path} was left out: ${reason}.`);
  const more = result.skippedCount - result.skipped.length;
  if (more > 0) output.note(`${warning} ${more} more were left out.`);
  if (result.ownersLost > 0)
    output.note(`${warning} ${counted(result.ownersLost, "file")} could not be given to the user and group they had.`);
  if (output.json) output.printJson({ copy: { source, destination, ...result } });
  else output.note(`Copied ${counted(result.files, "file")}, ${sizeText(result.bytes)}.`);
}

/** A line that a terminal shows while it goes on. */
function progressOf({ context, output }: Session<CpOptions>) {
  const live = context.stderr.isTTY === true && !output.quiet && !output.json && context.environment["TERM"] !== "dumb";
  let shownAt = performance.now();
  let shown = false;
  return {
    progress: (bytes: number) => {
      if (!live || performance.now() - shownAt < progressMs) return;
      shownAt = performance.now();
      shown = true;
      context.stderr.write(`${clearLine}Copying... ${sizeText(bytes)}`);
    },
    end: () => {
      if (shown) context.stderr.write(clearLine);
    },
  };
}

const counted = (count: number, noun: string): string =>
  `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;

function sizeText(bytes: number): string {
  const units = ["kB", "MB", "GB", "TB"];
  if (bytes < 1000) return `${bytes} B`;
  const power = Math.min(units.length, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** power).toFixed(1)} ${units[power - 1]}`;
}
