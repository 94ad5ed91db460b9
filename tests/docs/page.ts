import { readFileSync } from "node:fs";

/** What a reader of a page does, block by block, in order. */
export type Block =
  /** Writes a file: a block with a file's name, as in ```yaml [lab.yaml] or a first line `# lab.yaml`. */
  | { readonly does: "write"; readonly line: number; readonly file: string; readonly text: string }
  /** Types commands, one a line: a block of `sh`. */
  | { readonly does: "run"; readonly line: number; readonly commands: readonly string[]; readonly expect: Expectation }
  /** Sees output: a block of `txt`. `…` stands for anything. */
  | { readonly does: "see"; readonly line: number; readonly text: string };

/**
 * How the commands of a block end, from an HTML comment before it: `<!-- exit 2 -->` for the last of
 * them; `<!-- soon -->` when a network needs a moment before they succeed and print what follows.
 */
export type Expectation = { readonly exitCode: number; readonly soon: boolean };

/** Reads the code blocks of a Markdown page. */
export function readPage(path: string): readonly Block[] {
  const blocks: Block[] = [];
  const lines = readFileSync(path, "utf8").split("\n");
  let comment = "";
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? "";
    const fence = /^```(\w+)(?: \[(.+)\])?$/.exec(line);
    if (fence === null) {
      if (line.startsWith("<!--")) comment = line;
      else if (line.trim() !== "") comment = "";
      continue;
    }
    const end = lines.indexOf("```", index + 1);
    if (end < 0) throw new Error(`${path}:${index + 1}: this block does not end.`);
    blocks.push(blockOf(fence, lines.slice(index + 1, end), index + 1, comment, path));
    comment = "";
    index = end;
  }
  return blocks;
}

function blockOf(fence: RegExpExecArray, body: readonly string[], line: number, comment: string, path: string): Block {
  const [, language = "", named] = fence;
  if (language === "sh") {
    const exitCode = Number(/exit (\d+)/.exec(comment)?.[1] ?? 0);
    const commands = body.map((command) => command.replace(/\s+#.*$/, "")).filter((command) => command !== "");
    return { does: "run", line, commands, expect: { exitCode, soon: comment.includes("soon") } };
  }
  if (language === "txt") return { does: "see", line, text: body.join("\n") };
  const file = named ?? /^# (\S+\.(?:yaml|ts|conf|py))$/.exec(body[0] ?? "")?.[1];
  if (file === undefined)
    throw new Error(`${path}:${line}: a block of ${language} that names no file cannot be tried.`);
  return { does: "write", line, file, text: `${body.join("\n")}\n` };
}

/** The first line of `expected` that `actual` does not have, in order; nothing when it has them all. */
export function missingLine(expected: string, actual: string): string | undefined {
  const rest = actual.split("\n").map(squeeze);
  let from = 0;
  for (const wanted of expected.split("\n").map(squeeze)) {
    if (wanted === "" || wanted === "…") continue;
    const pattern = new RegExp(`^${wanted.split("…").map(RegExp.escape).join(".*")}$`);
    const at = rest.findIndex((line, index) => index >= from && pattern.test(line));
    if (at < 0) return wanted;
    from = at + 1;
  }
  return undefined;
}

const squeeze = (line: string): string => line.trim().replace(/\s+/g, " ");
