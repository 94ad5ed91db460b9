import type { LogLine } from "../client/index.ts";
import type { Output } from "./output.ts";
import { harmless, type Ink } from "./style.ts";

const inks: readonly Ink[] = ["cyan", "yellow", "green", "magenta", "blue", "red"];

export type LogFormat = {
  /** `node/process |` in front of every line. */
  readonly prefix: boolean;
  readonly timestamps: boolean;
};

/** Makes a printer of log lines: each source has its colour, and the prefixes stay aligned. */
export function logPrinter(output: Output, { prefix, timestamps }: LogFormat): (line: LogLine) => void {
  const inkOf = new Map<string, Ink>();
  let widest = 0;
  return (line) => {
    if (output.json) {
      output.printJsonLine(line);
      return;
    }
    const time = timestamps ? `${output.paint("dim", line.at)} ` : "";
    // Sequences that colour are what a program's author meant; other control characters are made visible.
    const text = harmless(line.text.replace(/\r$/, ""));
    if (!prefix) {
      output.print(`${time}${text}`);
      return;
    }
    const source = line.node === undefined ? line.source : `${line.node}/${line.source}`;
    const ink = inkOf.get(source) ?? (inks[inkOf.size % inks.length] as Ink);
    inkOf.set(source, ink);
    widest = Math.max(widest, source.length);
    output.print(`${time}${output.paint(ink, `${source.padEnd(widest)} |`)} ${text}`);
  };
}
