import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, closeSync, rmSync, symlinkSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { inNamespaces, moveToNetns, Namespace, receiveDescriptor, sethostname } from "../../kernel/index.ts";
import { removeContainers } from "../collect.ts";
import { engineAt } from "../find.ts";
import { call, reasonIn } from "../http.ts";
import { actOnFile } from "./files.ts";
import { signalAll } from "./freeze.ts";
import type { KeeperAnswer, KeeperOrder, KeeperOrders } from "./orders.ts";

/*
 * The keeper: one small container per lab that has containers, outside the lab's sandbox and out of reach
 * of its user's kill(1). It does what only someone with the engine's rights can do, and when the lab has
 * ended, however it ended, it removes the lab's containers, itself the last.
 *
 * A container that shares the keeper's network (`NetworkMode: container:…`) gets the network namespace
 * that the keeper's process is in when the container starts: /proc/PID/ns/net of its main thread. So the
 * keeper goes to the namespace that the supervisor has made for a node, starts the node's container, and
 * comes back. The node's network is then the supervisor's, as for every other node: interfaces, addresses
 * and links are there before the first program of the container runs.
 */

/** From the keeper's start to the first connection of someone who needs it. */
const firstHoldMs = 60_000;
/** How long it tries to remove containers from an engine that does not answer. */
const removalMs = 60_000;
const firstMessageMs = 5_000;
const startMs = 60_000;
/** How long an engine of the lab's own may take to answer. */
const engineMs = 25_000;

const orders = JSON.parse(process.argv[2] ?? "") as KeeperOrders;
const engine = engineAt(orders.engine);
const home = Namespace.current("net");

/** Orders that a file descriptor comes with. */
const withDescriptor: ReadonlySet<KeeperOrder["do"]> = new Set(["start", "enter", "transfer"]);

let holds = 0;
let isEnding = false;
/** Containers start one after the other: there is one process whose namespace they get. */
let lastStart: Promise<unknown> = Promise.resolve();

async function serve(socket: Socket): Promise<void> {
  socket.on("error", () => socket.destroy());
  const first = await firstMessage(socket);
  if (first === undefined) return void socket.destroy();
  const { order, rest, descriptor } = first;
  if (descriptor !== undefined && !withDescriptor.has(order.do)) closeSync(descriptor);
  switch (order.do) {
    case "engine":
      return relay(socket, rest);
    case "hold":
      return hold(socket);
    case "start":
      return answer(socket, await inTurn(() => start(order.container, order.hostname, descriptor)).catch(refusal));
    case "enter":
      return answer(
        socket,
        await inTurn(() => inNetwork(`/v4.0.0/libpod/containers/${order.container}/init`, descriptor)).catch(refusal),
      );
    case "signal":
      return answer(socket, signal(order.pid, order.signal));
    case "freeze":
      return answer(socket, await freeze(order.container, order.frozen).catch(refusal));
    case "file": {
      const content = await remaining(socket, rest);
      return answer(socket, await fileOf(order, content).catch(refusal));
    }
    case "transfer":
      return transfer(socket, order, descriptor);
    default:
      order satisfies never;
  }
}

/** Node does not pass on file descriptors that come over a socket: so the first message is read past it. */
async function firstMessage(
  socket: Socket,
): Promise<{ order: KeeperOrder; rest: Buffer; descriptor: number | undefined } | undefined> {
  const { fd } = (socket as Socket & { readonly _handle: { readonly fd: number } })._handle;
  for (let waitedMs = 0; waitedMs < firstMessageMs; waitedMs += 1) {
    const received = receiveDescriptor(fd);
    if (received === undefined) {
      await sleep(1);
      continue;
    }
    const { data, descriptor } = received;
    const end = data.indexOf("\n");
    if (end < 0) return undefined;
    const order = JSON.parse(data.subarray(0, end).toString()) as KeeperOrder;
    return { order, rest: data.subarray(end + 1), descriptor };
  }
  return undefined;
}

function relay(socket: Socket, first: Buffer): void {
  const upstream = connect({ path: orders.engine, allowHalfOpen: true });
  upstream.on("error", () => socket.destroy());
  socket.on("close", () => upstream.destroy());
  upstream.on("close", () => socket.destroy());
  if (first.length > 0) upstream.write(first);
  socket.pipe(upstream);
  upstream.pipe(socket);
}

function hold(socket: Socket): void {
  holds += 1;
  clearTimeout(unheld);
  socket.write("held\n");
  socket.on("close", () => {
    holds -= 1;
    if (holds === 0) void end();
  });
  socket.once("end", () => socket.destroy());
  socket.resume();
}

function answer(socket: Socket, value: KeeperAnswer): void {
  socket.end(`${JSON.stringify(value)}\n`);
  socket.resume();
}

function inTurn<Result>(body: () => Promise<Result>): Promise<Result> {
  const result = lastStart.then(body);
  lastStart = result.catch(() => undefined);
  return result;
}

async function start(container: string, hostname: string, descriptor: number | undefined): Promise<KeeperAnswer> {
  const started = await inNetwork(`/containers/${container}/start`, descriptor);
  if (!started.ok) return started;
  const { State } = (await engine.container("Looking at it", container)) ?? {};
  if (State !== undefined && State.Pid > 0) nameHost(State.Pid, hostname);
  return { ok: true };
}

/** Asks something of the engine while this process is in a network namespace. */
async function inNetwork(path: string, descriptor: number | undefined): Promise<KeeperAnswer> {
  if (descriptor === undefined) return { ok: false, status: 400, reason: "no network namespace came with the order" };
  using netns = Namespace.open(`/proc/self/fd/${descriptor}`, "net");
  closeSync(descriptor);
  moveToNetns(netns);
  try {
    const { status, text } = await call(() => connect({ path: orders.engine }), {
      what: "Starting a container",
      method: "POST",
      path,
      withinMs: startMs,
      accept: [400, 404, 409, 500],
    });
    return status >= 400 ? { ok: false, status, reason: reasonIn(text, status) } : { ok: true };
  } finally {
    moveToNetns(home);
  }
}

/** A container that shares a network has the host name of whom it shares it with, and engines let nobody choose another. */
function nameHost(pid: number, hostname: string): void {
  let uts: Namespace;
  try {
    uts = Namespace.ofProcess(pid, "uts");
  } catch {
    // It has ended already, which whoever watches it learns.
    return;
  }
  using _ = uts;
  inNamespaces([uts], () => sethostname(hostname));
}

/** What a connection still brings, to its end. */
async function remaining(socket: Socket, first: Buffer): Promise<Buffer> {
  const pieces = [first];
  for await (const piece of socket.iterator({ destroyOnReturn: false })) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

/**
 * A container's file system, as its first process sees it.
 *
 * @throws where it does not run: another process may have the number of the one it had
 */
async function fileSystemOf(container: string): Promise<Namespace> {
  const { State } = (await engine.container("Looking at it", container)) ?? {};
  if (State === undefined || !State.Running || State.Pid === 0) throw new Error("the container does not run");
  return Namespace.ofProcess(State.Pid, "mnt");
}

async function fileOf(order: Extract<KeeperOrder, { do: "file" }>, content: Buffer): Promise<KeeperAnswer> {
  using fileSystem = await fileSystemOf(order.container);
  return actOnFile(fileSystem, order.act, order.path, content);
}

async function transfer(
  socket: Socket,
  { container, request }: Extract<KeeperOrder, { do: "transfer" }>,
  client: number | undefined,
): Promise<void> {
  if (client === undefined) return answer(socket, refusal("no connection came with the order"));
  socket.resume();
  try {
    using fileSystem = await fileSystemOf(container);
    const [program = "", ...words] = orders.porter;
    const child = spawn(program, [...words, JSON.stringify(request)], {
      stdio: [client, client, "inherit", fileSystem.fd],
      env: {},
      cwd: "/",
    });
    const ended = once(child, "exit");
    await once(child, "spawn");
    socket.write(`${JSON.stringify({ ok: true } satisfies KeeperAnswer)}\n`);
    await ended;
    socket.end();
  } catch (error) {
    answer(socket, refusal(error));
  } finally {
    closeSync(client);
  }
}

/** To its process group; where it leads none (crun makes none for what exec runs), to itself. */
function signal(pid: number, number: number): KeeperAnswer {
  try {
    process.kill(-pid, number);
    return { ok: true };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") return refusal(error);
  }
  try {
    process.kill(pid, number);
    return { ok: true };
  } catch (error) {
    return refusal(error);
  }
}

async function freeze(container: string, frozen: boolean): Promise<KeeperAnswer> {
  const { State } = (await engine.container("Looking at it", container)) ?? {};
  if (State === undefined || State.Pid === 0) throw new Error("the container does not run");
  signalAll(State.Pid, frozen ? "SIGSTOP" : "SIGCONT");
  return { ok: true };
}

const refusal = (error: unknown): KeeperAnswer => ({
  ok: false,
  status: 503,
  reason: error instanceof Error ? error.message : String(error),
});

/** The lab has ended. Its containers go, and with the last of them this process. */
async function end(): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  // The kernel ends its engine with it, and what the engine has is in memory.
  if (orders.own !== undefined) process.exit(0);
  server.close();
  await lastStart;
  const { claim, runtime, lab, uid } = orders.identity;
  for (let waitedMs = 0; waitedMs < removalMs; waitedMs += 500) {
    try {
      const { errors } = await removeContainers(engine, { claim, runtime, lab, uid, role: "node" });
      if (errors.length === 0) break;
    } catch {
      // The engine may be starting anew.
    }
    await sleep(500);
  }
  // The engine removes a keeper that has ended (AutoRemove).
  process.exit(0);
}

/** Of an engine that was started with it. */
async function untilEngineAnswers(): Promise<void> {
  for (let waitedMs = 0; waitedMs < engineMs; waitedMs += 10) {
    try {
      return await engine.ping();
    } catch {
      await sleep(10);
    }
  }
  throw new Error("Podman does not answer");
}

if (orders.own !== undefined) {
  symlinkSync(`/proc/${process.pid}/ns/net`, orders.own.network);
  await untilEngineAnswers();
}
rmSync(orders.socket, { force: true });
const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
  serve(socket).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    socket.destroy();
  });
});
server.listen(orders.socket, () => {
  // In this order: of another's file, only someone with one capability more changes the mode.
  chmodSync(orders.socket, 0o600);
  chownSync(orders.socket, orders.owner.uid, orders.owner.gid);
});
const unheld = setTimeout(() => void end(), firstHoldMs);
for (const name of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(name, () => void end());
