import { once } from "node:events";
import { writeSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { resolve } from "node:path";
import { labError } from "../topology/errors/error.ts";
import type { Context } from "./context.ts";

/** Where a capture is written. */
export type CaptureSink = AsyncDisposable & {
  /** Undefined for standard output. */
  readonly path: string | undefined;
  write(piece: Buffer): Promise<void>;
};

/** How many captures of one name may lie beside each other. */
const mostNumber = 10_000;

/**
 * Opens what `-o` says.
 *
 * @param output a file, which is emptied when it exists; `-` for standard output; undefined for a new file
 * @param stem of the new file's name: `stem.pcapng`, `stem-2.pcapng`, …
 * @throws CAPTURE_UNWRITABLE
 */
export async function openSink(context: Context, output: string | undefined, stem: string): Promise<CaptureSink> {
  if (output === "-") return toStream(context.stdout);
  const [path, handle] =
    output === undefined
      ? await openNew(context.directory, stem)
      : ([output, await openFile(resolve(context.directory, output), "w")] as const);
  return {
    path,
    write: async (piece) => {
      try {
        // Not by the thread pool: its way there and back takes longer than the write, and frames wait meanwhile.
        for (let at = 0; at < piece.length; ) at += writeSync(handle.fd, piece, at);
      } catch (error) {
        throw unwritable(path, error);
      }
    },
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

function toStream(stream: NodeJS.WriteStream): CaptureSink {
  return {
    path: undefined,
    write: async (piece) => {
      if (!stream.write(piece)) await once(stream, "drain");
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function openNew(directory: string, stem: string): Promise<readonly [string, FileHandle]> {
  for (let number = 1; number <= mostNumber; number++) {
    const path = `${stem}${number === 1 ? "" : `-${number}`}.pcapng`;
    try {
      return [path, await open(resolve(directory, path), "wx")];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw unwritable(path, error);
    }
  }
  throw labError("CAPTURE_UNWRITABLE", { file: `${stem}.pcapng`, reason: `there are ${mostNumber} of them` });
}

async function openFile(path: string, flags: string): Promise<FileHandle> {
  try {
    return await open(path, flags);
  } catch (error) {
    throw unwritable(path, error);
  }
}

const unwritable = (file: string, error: unknown): Error =>
  labError(
    "CAPTURE_UNWRITABLE",
    { file, reason: (error as NodeJS.ErrnoException).code ?? String(error) },
    { cause: error },
  );
