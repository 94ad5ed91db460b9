import type { ChildProcess } from "node:child_process";
import { chownSync, closeSync, constants, existsSync, openSync } from "node:fs";
import { Socket } from "node:net";
import { ReadStream } from "node:tty";
import { inNamespaces, type Namespace, openPipe, openTerminal, resizeTerminal } from "../../kernel/index.ts";
import { labError } from "../../topology/index.ts";
import type { User } from "../passwd.ts";
import type { Program, ProgramExit, ProgramRequest } from "../program.ts";
import { spawnHeld } from "./held.ts";
import { limitProgram, type ProgramLimits } from "./program-limits.ts";
import { findUser } from "./users.ts";

/** What every program of a node starts with (environ(7)); nothing comes from the user's own environment. */
const baseEnvironment = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  LANG: "C.UTF-8",
};

/** Opens its argument as the terminal that controls the session, then becomes the program. */
const onTerminal = ["sh", "-c", 'exec 0<>"$1" 1>&0 2>&0; shift; exec "$@"', "sh"] as const;

export type Surroundings = {
  readonly node: string;
  /** Of the node; the PID namespace among them. */
  readonly namespaces: readonly Namespace[];
  readonly environment: Readonly<Record<string, string>>;
  readonly limits: ProgramLimits;
  /** Puts it into the node's control group. */
  readonly join?: (pid: number) => void;
  /** The program that holds others (`holdProgram`), where there is one. */
  readonly hold?: () => string | undefined;
  /** Root's home and first working directory. */
  readonly home: string;
  /** What the node's image says of its programs. */
  readonly ofImage?: {
    readonly environment: Readonly<Record<string, string>>;
    /** Where a program starts when nobody says otherwise. */
    readonly directory: string;
    /** Whether there are other users than root: otherwise everything belongs to it. */
    readonly hasUsers: boolean;
  };
};

/**
 * Starts a program inside a node's namespaces.
 *
 * @throws USER_NOT_FOUND, or COMMAND_NOT_STARTED when the program or the directory is not there
 */
export async function launch(request: ProgramRequest, surroundings: Surroundings): Promise<Program> {
  const { child, program, letGo } = start(request, surroundings);
  try {
    limitProgram(child.pid, surroundings.limits);
    if (child.pid !== undefined) surroundings.join?.(child.pid);
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  } finally {
    letGo();
  }
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.once("spawn", resolve);
  child.once("error", (error: NodeJS.ErrnoException) => {
    program.stdin?.destroy();
    program.stdout.destroy();
    program.stderr?.destroy();
    reject(
      labError(
        "COMMAND_NOT_STARTED",
        {
          command: request.argv[0] ?? "",
          node: surroundings.node,
          reason: error.code ?? error.message,
          ...(request.directory === undefined ? {} : { directory: request.directory }),
          ...(surroundings.ofImage === undefined ? {} : { ofImage: true as const }),
        },
        { cause: error },
      ),
    );
  });
  await promise;
  return program;
}

/** What is limited waits until it is. */
function start(request: ProgramRequest, surroundings: Surroundings) {
  const { limits, join } = surroundings;
  const path = join === undefined && Object.keys(limits).length === 0 ? undefined : surroundings.hold?.();
  const hold = path === undefined ? undefined : openSync(path, "r");
  try {
    return inNamespaces(surroundings.namespaces, () => {
      const user = userOf(request, surroundings);
      return request.terminal === undefined
        ? spawnOnPipes(request, surroundings, user, hold)
        : spawnOnTerminal(request, request.terminal, surroundings, user, hold);
    });
  } finally {
    if (hold !== undefined) closeSync(hold);
  }
}

/** Of an image, root has the home that its own passwd(5) says. */
function userOf({ user }: ProgramRequest, { node, ofImage }: Surroundings): User | undefined {
  if (ofImage === undefined) return user === undefined ? undefined : findUser(user, node);
  return ofImage.hasUsers && user !== undefined ? findUser(user, node) : findUser("0", node);
}

function spawnOnPipes(
  request: ProgramRequest,
  surroundings: Surroundings,
  user: User | undefined,
  hold: number | undefined,
) {
  const stdin = request.stdin ? openPipe() : undefined;
  const stdout = openPipe();
  const stderr = openPipe();
  const stdio = [stdin?.readFd ?? "ignore", stdout.writeFd, stderr.writeFd] as const;
  const { child, letGo } = spawnHeld(request.argv, { ...spawnOptions(request, surroundings, user), stdio }, hold);
  for (const fd of [stdin?.readFd, stdout.writeFd, stderr.writeFd]) if (fd !== undefined) closeSync(fd);
  const program = asProgram(child, {
    stdin: stdin && new Socket({ fd: stdin.writeFd, readable: false, writable: true }),
    stdout: new Socket({ fd: stdout.readFd, readable: true, writable: false }),
    stderr: new Socket({ fd: stderr.readFd, readable: true, writable: false }),
  });
  return { child, program, letGo };
}

function spawnOnTerminal(
  request: ProgramRequest,
  size: NonNullable<ProgramRequest["terminal"]>,
  surroundings: Surroundings,
  user: User | undefined,
  hold: number | undefined,
) {
  const terminal = openTerminal(size);
  if (user !== undefined) chownSync(terminal.path, user.uid, user.gid);
  const options = spawnOptions(request, surroundings, user);
  const { child, letGo } =
    surroundings.ofImage !== undefined && !existsSync("/bin/sh")
      ? spawnWithTerminal(request, terminal.path, options, hold)
      : spawnHeld(
          [...onTerminal, terminal.path, ...request.argv],
          { ...options, stdio: ["ignore", "ignore", "ignore"] },
          hold,
        );
  // A terminal's master side is one descriptor for both directions; EIO is how it says that nobody has the other side open.
  const stream = new ReadStream(terminal.masterFd);
  stream.on("error", () => stream.destroy());
  const program = asProgram(child, { stdin: stream, stdout: stream, stderr: undefined, terminalFd: terminal.masterFd });
  return { child, program, letGo };
}

/** In an image without a shell, nobody opens the terminal for the program: it works, but does not control the session. */
function spawnWithTerminal(
  request: ProgramRequest,
  path: string,
  options: ReturnType<typeof spawnOptions>,
  hold: number | undefined,
): ReturnType<typeof spawnHeld> {
  const fd = openSync(path, constants.O_RDWR | constants.O_NOCTTY);
  try {
    return spawnHeld(request.argv, { ...options, stdio: [fd, fd, fd] }, hold);
  } finally {
    closeSync(fd);
  }
}

function spawnOptions(request: ProgramRequest, surroundings: Surroundings, user: User | undefined) {
  const home = user?.home ?? surroundings.home;
  return {
    cwd: request.directory ?? surroundings.ofImage?.directory ?? (user === undefined ? surroundings.home : "/"),
    detached: true,
    env: {
      ...baseEnvironment,
      HOME: home,
      USER: user?.name ?? "root",
      LOGNAME: user?.name ?? "root",
      ...surroundings.ofImage?.environment,
      ...surroundings.environment,
      ...request.environment,
    },
    ...(user === undefined || user.uid === 0 ? {} : { uid: user.uid, gid: user.gid }),
  };
}

function asProgram(
  child: ChildProcess,
  streams: { stdin: Socket | undefined; stdout: Socket; stderr: Socket | undefined; terminalFd?: number },
): Program {
  const { promise: exit, resolve } = Promise.withResolvers<ProgramExit>();
  child.once("exit", (code, signal) => resolve({ exitCode: code ?? undefined, signal: signal ?? undefined }));
  // A write to a program that has gone is the program's affair; its exit tells.
  streams.stdin?.on("error", () => streams.stdin?.destroy());
  return {
    pid: child.pid ?? 0,
    stdin: streams.stdin,
    stdout: streams.stdout,
    stderr: streams.stderr,
    exit,
    signal: (signal) => {
      try {
        return process.kill(-(child.pid as number), signal);
      } catch {
        return false;
      }
    },
    resize: (size) => {
      if (streams.terminalFd !== undefined && !streams.stdout.destroyed) resizeTerminal(streams.terminalFd, size);
    },
  };
}
