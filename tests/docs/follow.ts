import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { describe as describeOutcome, Workspace } from "../examples/workspace.ts";
import { missingLine, readPage } from "./page.ts";

export const root = join(import.meta.dirname, "../..");

/** Does what a page tells its reader to do, in a workspace with the files of `example`, and compares what is printed. */
export async function followPage(page: string, example?: string): Promise<void> {
  await using workspace = await Workspace.open(example);
  const blocks = readPage(join(root, page));
  expect(blocks.filter((block) => block.does === "run")).not.toEqual([]);
  let printed = "";
  for (const [index, block] of blocks.entries()) {
    const where = `${page}:${block.line}`;
    if (block.does === "write") {
      await mkdir(dirname(join(workspace.folder, block.file)), { recursive: true });
      await writeFile(join(workspace.folder, block.file), block.text);
    } else if (block.does === "see") {
      expect(missingLine(block.text, printed), `${where}: a line that was not printed, in\n${printed}`).toBeUndefined();
    } else {
      const next = blocks[index + 1];
      printed = await type(workspace, block, where, next?.does === "see" ? next.text : "");
    }
  }
  expect(await workspace.running(), "the page ends with a lab that runs").toEqual([]);
}

async function type(
  workspace: Workspace,
  block: Extract<ReturnType<typeof readPage>[number], { does: "run" }>,
  where: string,
  wanted: string,
): Promise<string> {
  let printed = "";
  for (const [index, command] of block.commands.entries()) {
    const last = index === block.commands.length - 1;
    const exitCode = last ? block.expect.exitCode : 0;
    let outcome = await workspace.shell(command);
    const asSaid = () =>
      outcome.exitCode === exitCode &&
      (!last || missingLine(wanted, printed + outcome.stdout + outcome.stderr) === undefined);
    for (const deadline = Date.now() + 30_000; block.expect.soon && !asSaid() && Date.now() < deadline; ) {
      outcome = await workspace.shell(command);
    }
    expect(outcome.exitCode, `${where}\n${describeOutcome(command, outcome)}`).toBe(exitCode);
    printed += outcome.stdout + outcome.stderr;
  }
  return printed;
}
