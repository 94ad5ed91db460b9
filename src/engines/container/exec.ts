import { constants } from "node:os";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { demultiplex, type ExecState } from "../../containers/index.ts";
import { labError, NetwrightError } from "../../topology/index.ts";
import type { Program, ProgramExit, ProgramRequest } from "../program.ts";
import type { ContainerYard } from "./yard.ts";

const startMs = 30_000;
const firstLookMs = 2;
const laterLookMs = 50;
/** Of a program's end the engine's events tell; this looks in case one was lost. */
const lookMs = 2_000;

/**
 * Runs a program in a container, by the engine's exec.
 *
 * @throws COMMAND_NOT_STARTED, USER_NOT_FOUND, CONTAINER_ENGINE_REFUSED, CONTAINER_ENGINE_LOST
 */
export async function execIn(
  yard: ContainerYard,
  container: string,
  node: string,
  request: ProgramRequest,
): Promise<Program> {
  const { engine } = yard.link;
  const what = `Running ${request.argv[0] ?? ""} in ${node}`;
  const id = await engine.createExec(what, container, {
    AttachStdin: request.stdin,
    AttachStdout: true,
    AttachStderr: true,
    Tty: request.terminal !== undefined,
    Cmd: request.argv,
    Env: Object.entries(request.environment).map(([name, value]) => `${name}=${value}`),
    ...(request.directory === undefined ? {} : { WorkingDir: request.directory }),
    ...(request.user === undefined ? {} : { User: request.user }),
  });
  const ended = Promise.withResolvers<void>();
  const forget = yard.onEnd(id, () => ended.resolve());
  try {
    const { socket, head } = await engine
      .startExec(what, id, request.terminal)
      .catch((error: unknown) => Promise.reject(notStarted(error, node, request)));
    const { stdout, stderr } =
      request.terminal === undefined ? demultiplex(socket, head) : { stdout: socket, stderr: undefined };
    if (request.terminal !== undefined && head.length > 0) socket.unshift(head);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => ended.resolve());
    const state = await firstState(yard, what, id, ended.promise);
    if (state.Pid === 0 && isRefusal(state))
      throw labError("COMMAND_NOT_STARTED", refusal(await lastWords(stdout, stderr), node, request));
    // Engines before Docker 23 take a size only now.
    if (request.terminal !== undefined) await engine.resizeExec(what, id, request.terminal).catch(() => undefined);
    const exit = exitOf(yard, what, id, ended.promise).finally(forget);
    // Asked for when it is awaited; nobody need.
    exit.catch(() => undefined);
    return {
      pid: state.Pid,
      stdin: request.stdin ? socket : undefined,
      stdout,
      stderr,
      exit,
      signal: (signal) => {
        // 0: it had ended before anybody looked.
        if (state.Pid === 0) return false;
        void yard.link.signal(state.Pid, constants.signals[signal]).catch(() => undefined);
        return true;
      },
      resize: (size) => void engine.resizeExec(what, id, size).catch(() => undefined),
    };
  } catch (error) {
    forget();
    throw error;
  }
}

/**
 * What a shell says of a program that it cannot run, engines say too. Any other code is the program's own, also
 * where Podman has forgotten its process by then.
 */
const isRefusal = ({ ExitCode }: ExecState): boolean => ExitCode === null || (ExitCode >= 125 && ExitCode <= 127);

/**
 * The answer to the start comes before the program: so it is looked at until it runs, or has ended. Podman says of one
 * that does not run yet what it says of one that has ended well.
 */
async function firstState(
  { link: { engine } }: ContainerYard,
  what: string,
  id: string,
  ended: Promise<void>,
): Promise<ExecState> {
  let hasEnded = false;
  void ended.then(() => {
    hasEnded = true;
  });
  for (let waitedMs = 0; waitedMs < startMs; ) {
    const wasEnded = hasEnded;
    const state = await engine.exec(what, id);
    if (state.Pid > 0) return state;
    if (!state.Running && state.ExitCode !== null && (wasEnded || isRefusal(state))) return state;
    const pauseMs = waitedMs < 20 ? firstLookMs : laterLookMs;
    await sleep(pauseMs);
    waitedMs += pauseMs;
  }
  throw labError("TIMED_OUT", { what, afterMs: startMs });
}

async function exitOf(
  { link: { engine } }: ContainerYard,
  what: string,
  id: string,
  ended: Promise<void>,
): Promise<ProgramExit> {
  let hasEnded = false;
  void ended.then(() => {
    hasEnded = true;
  });
  for (;;) {
    await Promise.race([ended, sleep(lookMs, undefined, { ref: false })]);
    let state: ExecState;
    try {
      state = await engine.exec(what, id);
    } catch (error) {
      // The container has gone, or the engine has: nothing runs there that anybody could ask for.
      if (error instanceof NetwrightError) return { exitCode: undefined, signal: "SIGKILL" };
      throw error;
    }
    if (!state.Running) return { exitCode: state.ExitCode ?? undefined, signal: undefined };
    // Its output has ended and it goes on, or the engine has not noticed its end yet.
    if (hasEnded) await sleep(laterLookMs);
  }
}

async function lastWords(stdout: Readable, stderr: Readable | undefined): Promise<string> {
  const texts = await Promise.race([
    Promise.all([stdout, stderr].map((stream) => (stream === undefined ? Promise.resolve("") : text(stream)))),
    sleep(500).then(() => []),
  ]);
  return texts.join("").trim();
}

/** Newer engines say at once what older ones say where the program's output would be. */
function notStarted(error: unknown, node: string, request: ProgramRequest): unknown {
  if (!(error instanceof NetwrightError) || error.code !== "CONTAINER_ENGINE_REFUSED") return error;
  return /exec failed|executable file|no such file|chdir|unable to find user/i.test(error.message)
    ? labError("COMMAND_NOT_STARTED", refusal(error.message, node, request), { cause: error })
    : error;
}

function refusal(said: string, node: string, { argv, directory }: ProgramRequest) {
  const isMissing = /executable file not found|no such file or directory/i.test(said);
  const isClosed = /permission denied/i.test(said);
  return {
    command: argv[0] ?? "",
    node,
    reason: isMissing ? "ENOENT" : isClosed ? "EACCES" : said === "" ? "the engine did not say why" : said,
    ...(directory === undefined ? {} : { directory }),
  };
}
