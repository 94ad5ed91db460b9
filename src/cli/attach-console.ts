import { spawnSync } from "node:child_process";
import type { ConsoleQuery } from "../api/console.ts";
import type { LabClient } from "../client/lab.ts";
import type { Context } from "./context.ts";

/** Ctrl-], as telnet(1) has it. */
const detachKey = 0x1d;
const sttyMs = 5_000;

/**
 * Connects this process's terminal, or pipe, with the console of a node, until the detach key, the end
 * of the lab, or of standard output. The end of a pipe detaches nothing: what it said may have an answer.
 *
 * @returns 0
 */
export async function attachConsole(
  context: Context,
  lab: LabClient,
  node: string,
  query: ConsoleQuery,
): Promise<number> {
  const { stdin, stdout, stderr } = context;
  const stream = await lab.console(node, query);
  const isTerminal = stdin.isTTY === true;
  const note = (text: string) => {
    if (stderr.isTTY === true) stderr.write(`\r\n[${text}]\r\n`);
  };
  note(`${node}'s console${query.mode === "watch" ? ", read only" : ""}; Ctrl-] detaches`);
  let known: "on" | "off" = "on";
  stream.onState((state) => {
    if (state !== known) note(`${node} is ${state}`);
    known = state;
  });
  using _terminal = isTerminal ? rawTerminal(stdin) : undefined;
  const resized = () => {
    const { columns, rows } = stdout;
    if (columns && rows) stream.resize(columns, rows);
  };
  if (query.mode !== "watch") {
    stdout.on("resize", resized);
    resized();
  }
  const type = (data: Buffer) => {
    const at = isTerminal ? data.indexOf(detachKey) : -1;
    const typed = at === -1 ? data : data.subarray(0, at);
    if (query.mode !== "watch" && typed.length > 0 && !stream.write(typed)) {
      stdin.pause();
      stream.once("drain", () => stdin.resume());
    }
    if (at !== -1) stream.destroy();
  };
  stdin.on("data", type);
  stdout.on("error", () => stream.destroy());
  stream.on("data", (data: Buffer) => {
    if (stdout.write(data)) return;
    stream.pause();
    stdout.once("drain", () => stream.resume());
  });
  const { promise: closed, resolve, reject } = Promise.withResolvers<void>();
  stream.once("error", reject);
  stream.once("close", resolve);
  stream.once("end", resolve);
  try {
    await closed;
  } finally {
    stdin.off("data", type);
    stdout.off("resize", resized);
    // A terminal or pipe that is read would keep this process waiting.
    stdin.destroy();
  }
  note("detached");
  return 0;
}

/** Keys go to the console as they are typed, Ctrl-C too, until this is disposed of. */
function rawTerminal(stdin: Context["stdin"]): Disposable {
  stdin.setRawMode(true);
  // Node's raw mode still puts a carriage return before every line feed (libuv, UV_TTY_MODE_RAW).
  spawnSync("stty", ["-opost"], { stdio: [stdin, "ignore", "ignore"], timeout: sttyMs });
  return { [Symbol.dispose]: () => stdin.setRawMode(false) };
}
