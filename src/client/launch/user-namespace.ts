import { type ChildProcess, spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { labError } from "../../topology/errors/error.ts";
import { explainForbidden, readNamespaceFacts } from "../diagnose.ts";
import { readIdFacts } from "./id-facts.ts";
import { type IdMap, mapArguments, mapText, planIdMap, singleId } from "./id-map.ts";

/**
 * A user namespace with its ids mapped, held open by a small process in it. A process cannot map
 * subordinate ids for itself, and Node has threads and cannot unshare(CLONE_NEWUSER) at all
 * (user_namespaces(7)): so a child unshares, and its maps are written from outside.
 */
export type UserNamespace = {
  /** For nsenter(1): valid while the namespace is held. */
  readonly path: string;
  readonly map: IdMap;
  /** Lets go; processes that have entered keep it. */
  release(): void;
};

const deadlineMs = 5_000;

/**
 * Makes a user namespace with the widest map this user may have.
 *
 * @param path the PATH to find unshare(1) and newuidmap(1) in
 * @param signal ends the attempt
 * @throws USER_NAMESPACES_FORBIDDEN with the reason and what to do
 */
export async function makeUserNamespace(path: string, signal?: AbortSignal): Promise<UserNamespace> {
  const facts = readIdFacts(path);
  const map = planIdMap(facts);
  try {
    return await attempt(map, path, signal);
  } catch (error) {
    signal?.throwIfAborted();
    // The helpers exist but do not work (not setuid, or in a container without the ids): one id is always allowed.
    if (map.how === "helpers" && error instanceof HelperError) return attempt(singleId(facts), path, signal);
    throw error;
  }
}

/** newuidmap or newgidmap failed. A map is written once only, so the namespace is spent. */
class HelperError extends Error {}

async function attempt(map: IdMap, path: string, signal: AbortSignal | undefined): Promise<UserNamespace> {
  const environment = { PATH: path };
  const holder = spawn("unshare", ["--user", "sh", "-c", "echo ok; exec cat"], {
    stdio: ["pipe", "pipe", "pipe"],
    env: environment,
  });
  try {
    await holderReady(holder, signal);
    const pid = holder.pid as number;
    if (map.how === "helpers") {
      await Promise.all([
        runHelper("newuidmap", [String(pid), ...mapArguments(map.uid)], environment),
        runHelper("newgidmap", [String(pid), ...mapArguments(map.gid)], environment),
      ]);
    } else {
      await writeMaps(pid, map);
    }
    return { path: `/proc/${pid}/ns/user`, map, release: () => holder.kill("SIGKILL") };
  } catch (error) {
    holder.kill("SIGKILL");
    throw error;
  }
}

async function holderReady(holder: ChildProcess, signal: AbortSignal | undefined): Promise<void> {
  let complaint = "";
  holder.stderr?.on("data", (data: Buffer) => {
    complaint += data.toString();
  });
  holder.stdin?.on("error", () => {});
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(
    () => reject(labError("TIMED_OUT", { what: "Making a user namespace", afterMs: deadlineMs })),
    deadlineMs,
  );
  const abort = () => reject(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  holder.stdout?.once("data", () => resolve());
  holder.once("error", (error: NodeJS.ErrnoException) =>
    reject(error.code === "ENOENT" ? missingProgram("unshare") : error),
  );
  holder.once("close", () =>
    reject(labError("USER_NAMESPACES_FORBIDDEN", explainForbidden(readNamespaceFacts(), complaint))),
  );
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

async function writeMaps(pid: number, map: IdMap): Promise<void> {
  try {
    if (map.denySetgroups) await writeFile(`/proc/${pid}/setgroups`, "deny");
    await writeFile(`/proc/${pid}/uid_map`, mapText(map.uid));
    await writeFile(`/proc/${pid}/gid_map`, mapText(map.gid));
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    throw labError(
      "USER_NAMESPACES_FORBIDDEN",
      explainForbidden(readNamespaceFacts(), `ids cannot be mapped (${code || message})`),
      { cause: error },
    );
  }
}

async function runHelper(program: string, argv: readonly string[], environment: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn(program, argv, {
    stdio: ["ignore", "ignore", "pipe"],
    env: environment,
    timeout: deadlineMs,
    killSignal: "SIGKILL",
  });
  let complaint = "";
  child.stderr.on("data", (data: Buffer) => {
    complaint += data.toString();
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.once("error", (error) => reject(new HelperError(error.message)));
  child.once("close", (code) => (code === 0 ? resolve() : reject(new HelperError(`${program}: ${complaint.trim()}`))));
  await promise;
}

/** `unshare` and `nsenter` come with util-linux, which every distribution has; slim container images may not. */
export const missingProgram = (program: string) =>
  labError("PROGRAM_MISSING", {
    program,
    needed: "Netwright makes sandboxes with it",
    mend: "Install the package util-linux.",
  });
