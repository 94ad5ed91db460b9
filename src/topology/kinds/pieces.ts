import * as z from "zod";
import type { Command, Readiness } from "../model.ts";
import { map, text } from "../schema/form.ts";
import type { OwnedFile } from "./software.ts";

/** What several kinds are put together from. */

/** A text in the lab file, or `{from: path}`, which the resolver replaces by the text of that file. */
export const textOrFile = (phrase: string) =>
  z.union(
    [
      text(phrase),
      map({ from: text("a path").describe("A file on this machine; relative to the lab file") }, "{from: a path}"),
    ],
    { error: `${phrase}, or {from: a path}` },
  ) as unknown as z.ZodType<string, string | { readonly from: string }>;

export const textFile = (path: string, content: string, mode = 0o644): OwnedFile => ({
  path,
  contentBase64: Buffer.from(content).toString("base64"),
  mode,
});

export const argv = (...words: readonly string[]): Command => ({ argv: words });

const startMs = 20_000;

/** Ready when something listens on a port of the node. */
export const listens = (type: "tcp" | "udp", port: number): Readiness => ({
  intervalMs: 20,
  timeoutMs: startMs,
  check: { type, port },
});

/** A path below a folder that no `..` leads out of, or undefined. */
export function pathBelow(folder: string, path: string): string | undefined {
  const parts = path.replace(/^\/+/, "").split("/");
  return parts.some((part) => part === "" || part === "." || part === ".." || part.includes("\0"))
    ? undefined
    : `${folder}/${parts.join("/")}`;
}
