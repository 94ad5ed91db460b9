import type { Readable, Writable } from "node:stream";

/** A program to run in a node. */
export type ProgramRequest = {
  readonly argv: readonly string[];
  /** Added to the node's own environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** In the node; its root's home when absent. */
  readonly directory?: string;
  /** A user name or `uid[:gid]` of the node; root when absent. */
  readonly user?: string;
  /** With a terminal, stdout carries both streams. */
  readonly terminal?: TerminalSize;
  /** Whether something will be written to stdin; without, it is empty. */
  readonly stdin: boolean;
};

export type TerminalSize = { readonly columns: number; readonly rows: number };

export type ProgramExit = {
  readonly exitCode: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
};

/** A running program. It is the leader of its own session and process group. */
export interface Program {
  /** As the sandbox sees it. */
  readonly pid: number;
  readonly stdin: Writable | undefined;
  readonly stdout: Readable;
  /** Absent with a terminal. */
  readonly stderr: Readable | undefined;
  /** Resolves when the program itself has ended; children of it may still hold its output open. */
  readonly exit: Promise<ProgramExit>;
  /** Sends to the program's whole process group; false when there is none any more. */
  signal(signal: NodeJS.Signals): boolean;
  resize(size: TerminalSize): void;
}

/** 128 + the signal's number, as a shell says it (POSIX, 2.8.2), or the exit code. */
export const shellStatus = (exit: ProgramExit, signals: Readonly<Record<string, number>>): number =>
  exit.exitCode ?? 128 + (exit.signal === undefined ? 0 : (signals[exit.signal] ?? 0));
