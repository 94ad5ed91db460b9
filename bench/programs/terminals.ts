/**
 * Opens terminals of a lab through a server (`netwright serve`), and at the lab's own socket: most wait for keys,
 * some print without end. Prints how long a key takes until it is seen, and what memory readers that do not read cost.
 *
 * Argument: the built command. The server, the lab and who types run on the same processors.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { labFiles } from "../../src/api/locations.ts";
import type { LabAddress } from "../../src/client/address.ts";
import { type ExecSession, exec } from "../../src/client/exec.ts";
import { LabClient } from "../../src/client/lab.ts";
import { Caller } from "../../tests/controller/caller.ts";
import { percentile } from "../case.ts";

export type TerminalsReport = {
  readonly server: Terminals;
  /** At the lab's socket, without a server. */
  readonly floor: Terminals;
  /** Of the server and of the supervisor: how much more they are after readers that did not read. */
  readonly slow: Readonly<Record<"serverMegabytes" | "supervisorMegabytes", number>>;
};
export type Terminals = {
  readonly open: number;
  readonly streaming: number;
  readonly echoP50Ms: number;
  readonly echoP99Ms: number;
  /** Of each that prints, in kB/s. */
  readonly streamed: number;
  readonly unseen: number;
};

const open = 200;
const streaming = 50;
const seconds = 20;
const keysPerSecond = 100;
const slowReaders = 20;
/** 100 kB/s, in pieces as programs write them. */
const printer = `$| = 1; my $line = "x" x 99 . "\n"; while (1) { print $line x 100; select undef, undef, undef, 0.1 }`;
const nodes = ["h1", "h2", "h3", "h4"];

/** A terminal that shows what is typed, and somebody who waits until it does. */
class Typist {
  readonly #session: ExecSession;
  readonly #waiting: ((seen: true) => void)[] = [];

  private constructor(session: ExecSession) {
    this.#session = session;
    session.stdout.on("data", (data: Buffer) => {
      for (const _ of data.toString().matchAll(/k/g)) this.#waiting.shift()?.(true);
    });
  }

  /** Resolves when it shows what is typed. */
  static async open(at: LabAddress, node: string): Promise<Typist> {
    const typist = new Typist(terminal(at, node, ["cat"]));
    await typist.type();
    return typist;
  }

  get exit(): Promise<unknown> {
    return this.#session.exit;
  }

  type(): Promise<true> {
    const { promise, resolve } = Promise.withResolvers<true>();
    this.#waiting.push(resolve);
    this.#session.stdin.write("k");
    return promise;
  }

  close(): void {
    this.#session.close();
  }
}

const [command = ""] = process.argv.slice(2);
const runtime = process.env["NETWRIGHT_RUNTIME_DIR"] ?? "";
writeFileSync("server.yaml", "listen: 127.0.0.1:0\ndatabase: sqlite:server/netwright.db\nplain: true\n");
const server = spawn(process.execPath, [command, "serve", "--config", "server.yaml", "--json"], {
  stdio: ["ignore", "pipe", "inherit"],
});
try {
  let told = "";
  while (!told.includes("\n}")) told += String((await once(server.stdout, "data"))[0]);
  const { url, administrator } = JSON.parse(told) as { url: string; administrator: { name: string; password: string } };
  const address = await deploy(url.replace(/\/$/, ""), administrator);
  const own = { socket: labFiles(runtime, runName()).socket };
  // A server does not tell.
  const { supervisorPid } = await new LabClient("terminals", own).summary();
  const floor = await measure(own);
  const through = await measure(address);
  const slow = await starve(address, supervisorPid);
  process.stdout.write(JSON.stringify({ server: through, floor, slow } satisfies TerminalsReport));
} finally {
  server.kill("SIGINT");
}

/** A project with a lab. @returns where its API is, for a token */
async function deploy(url: string, { name, password }: { name: string; password: string }): Promise<LabAddress> {
  const person = await Caller.signIn(url, name, password);
  await person.ok("POST", "/projects", { name: "demo" });
  const text = `nodes: { ${nodes.map((name) => `${name}: {}`).join(", ")} }\n`;
  await person.ok("POST", "/projects/demo/labs", { name: "terminals", text });
  while ((await person.ok("GET", "/projects/demo/labs/terminals")).state !== "running") await sleep(100);
  const token = await person.token("bench", "operate");
  return { url: new URL(`${url}/api/v1/projects/demo/labs/terminals`), token };
}

/** How the lab is called where it runs. */
function runName(): string {
  const name = readdirSync(runtime).find((one) => one.startsWith("terminals"));
  if (name === undefined) throw new Error("the lab is not there");
  return name;
}

async function measure(at: LabAddress): Promise<Terminals> {
  let streamed = 0;
  const typed = await Promise.all(
    Array.from({ length: open - streaming }, (_, index) => Typist.open(at, nodes[index % nodes.length] ?? "")),
  );
  const printing = Array.from({ length: streaming }, (_, index) => {
    const session = terminal(at, nodes[index % nodes.length] ?? "", ["perl", "-e", printer]);
    session.stdout.on("data", (data: Buffer) => {
      streamed += data.length;
    });
    return session;
  });
  await sleep(2_000);
  const before = streamed;
  const began = performance.now();
  const times: number[] = [];
  let unseen = 0;
  await Promise.all(
    Array.from({ length: seconds * keysPerSecond }, async (_, index) => {
      const due = began + (index / keysPerSecond) * 1000;
      await sleep(Math.max(0, due - performance.now()));
      const seen = typed[index % typed.length]?.type();
      if ((await Promise.race([seen, sleep(10_000, false)])) === false) unseen += 1;
      else times.push(performance.now() - due);
    }),
  );
  const kilobytes = (streamed - before) / 1000;
  const took = (performance.now() - began) / 1000;
  for (const one of typed) one.close();
  for (const one of printing) one.close();
  await Promise.allSettled([...typed.map(({ exit }) => exit), ...printing.map(({ exit }) => exit)]);
  return {
    open: typed.length + printing.length,
    streaming: printing.length,
    echoP50Ms: percentile(times, 50),
    echoP99Ms: percentile(times, 99),
    streamed: kilobytes / took / printing.length,
    unseen,
  };
}

/** Terminals whose programs print as fast as they can, and nobody reads. */
async function starve(at: LabAddress, supervisorPid: number): Promise<TerminalsReport["slow"]> {
  const [serverPid = 0] = [server.pid];
  const before = [megabytes(serverPid), megabytes(supervisorPid)];
  const sessions = Array.from({ length: slowReaders }, (_, index) =>
    terminal(at, nodes[index % nodes.length] ?? "", ["yes"]),
  );
  await sleep(10_000);
  const after = [megabytes(serverPid), megabytes(supervisorPid)];
  for (const one of sessions) {
    one.stdout.resume();
    one.close();
  }
  await Promise.allSettled(sessions.map(({ exit }) => exit));
  return {
    serverMegabytes: (after[0] ?? 0) - (before[0] ?? 0),
    supervisorMegabytes: (after[1] ?? 0) - (before[1] ?? 0),
  };
}

function terminal(at: LabAddress, node: string, argv: readonly string[]): ExecSession {
  const session = exec("terminals", at, node, { argv: [...argv], tty: true });
  session.exit.catch(() => undefined);
  return session;
}

/** Resident (proc_pid_status(5)). */
function megabytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
}
