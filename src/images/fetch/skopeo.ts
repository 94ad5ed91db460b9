import { spawn } from "node:child_process";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { basename } from "node:path";
import { labError } from "../../topology/errors/error.ts";
import { type ImageReference, imageReferenceText } from "../../topology/image/reference.ts";

/**
 * skopeo(1) speaks with registries, daemons and archives. Credentials are its affair: it finds those of
 * `skopeo login`, `podman login` and `docker login` (containers-auth.json(5)).
 */
export type SkopeoOptions = {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** For errors. */
  readonly image: string;
  readonly signal?: AbortSignal | undefined;
  /** How long nothing may come or go, in milliseconds. */
  readonly silenceMs: number;
  /** How much has come, in bytes; asked now and then. */
  readonly measure?: () => Promise<number>;
  readonly onProgress?: ((bytes: number) => void) | undefined;
};

const lookMs = 200;
const graceMs = 2_000;
/** Less than this passes through a program that only waits: its threads wake each other through pipes. */
const smallestNews = 4096;

/**
 * Copies an image from one place to another.
 *
 * @param what begins the sentence of an error: "Fetching", "Pushing"
 * @param other the reference that is not the store's: what errors are about
 */
export async function copyImage(
  what: string,
  words: readonly string[],
  other: ImageReference,
  options: SkopeoOptions,
): Promise<void> {
  const { environment, image, signal, silenceMs } = options;
  signal?.throwIfAborted();
  const [program, ...argv] = endedWithUs(["skopeo", ...policyOf(environment), "copy", ...words]);
  const child = spawn(program as string, argv, {
    env: { ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const said: string[] = [];
  let heardAt = performance.now();
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (data: Buffer) => {
      said.push(data.toString());
      heardAt = performance.now();
    });
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once("error", (error: NodeJS.ErrnoException) => reject(error.code === "ENOENT" ? missingSkopeo() : error));
  child.once("close", resolve);
  let isSilent = false;
  let carried = 0;
  let last = -1;
  const look = setInterval(() => {
    const now = carriedBy(child.pid) ?? carried;
    if (now - carried >= smallestNews) {
      carried = now;
      heardAt = performance.now();
    }
    void options.measure?.().then((bytes) => {
      if (bytes === last) return;
      last = bytes;
      heardAt = performance.now();
      options.onProgress?.(bytes);
    });
    if (performance.now() - heardAt < silenceMs || isSilent) return;
    isSilent = true;
    end(child.pid);
  }, lookMs);
  const abort = () => end(child.pid);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    const code = await promise;
    signal?.throwIfAborted();
    if (isSilent)
      throw labError("IMAGE_SOURCE_SILENT", { image, source: sourceOf(other), seconds: Math.round(silenceMs / 1000) });
    // As setpriv(1) says that there is no such program.
    if (code === 127 && program !== "skopeo") throw missingSkopeo();
    if (code !== 0) throw explained(what, said.join(""), other, image);
  } finally {
    clearInterval(look);
    signal?.removeEventListener("abort", abort);
  }
}

const guard = "/usr/bin/setpriv";

/**
 * The command, ended with this process, even by `kill -9`, after which nobody could tell it any more
 * (PR_SET_PDEATHSIG, prctl(2), by setpriv(1)): it would wait for a silent registry for ever. Busybox has
 * a setpriv that cannot.
 */
function endedWithUs(argv: readonly string[]): readonly string[] {
  const canGuard = existsSync(guard) && basename(realpathSync(guard)) !== "busybox";
  return canGuard ? [guard, "--pdeathsig", "KILL", "--", ...argv] : argv;
}

/** Bytes that a process has read, from sockets too (rchar, proc_pid_io(5)); undefined where nobody says. */
function carriedBy(pid: number | undefined): number | undefined {
  try {
    return Number(/^rchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, "utf8"))?.[1]);
  } catch {
    return undefined;
  }
}

/** A reference as skopeo writes it (containers-transports(5)). */
export function skopeoName(reference: ImageReference): string {
  const text = imageReferenceText(reference);
  return reference.from === "registry" ? `docker://${withoutTagBesideDigest(text)}` : text;
}

/** skopeo refuses both. */
const withoutTagBesideDigest = (text: string): string => text.replace(/:[^:/@]+@/, "@");

/** Of a registry on this machine, as Docker has it: without TLS where it has none (dockerd(8), --insecure-registry). */
export function tlsWords(side: "src" | "dest", reference: ImageReference): readonly string[] {
  if (reference.from !== "registry") return [];
  const host = reference.registry.replace(/:\d+$/, "");
  const isHere = host === "localhost" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);
  return isHere ? [`--${side}-tls-verify=false`] : [];
}

/** Docker's own settings for where its credentials and its daemon are, which older versions of skopeo do not know. */
export function accessWords(
  side: "src" | "dest",
  reference: ImageReference,
  environment: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const daemon = environment["DOCKER_HOST"];
  if (reference.from === "docker-daemon") return daemon ? [`--${side}-daemon-host`, daemon] : [];
  const docker = environment["DOCKER_CONFIG"];
  if (reference.from !== "registry" || docker === undefined || environment["REGISTRY_AUTH_FILE"] !== undefined)
    return [];
  return existsSync(`${docker}/config.json`) ? [`--${side}-authfile`, `${docker}/config.json`] : [];
}

/** Who may be trusted is the machine's to say; where it says nothing (containers-policy.json(5)), anybody. */
function policyOf(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  const own = `${environment["XDG_CONFIG_HOME"] ?? `${environment["HOME"] ?? ""}/.config`}/containers/policy.json`;
  return existsSync(own) || existsSync("/etc/containers/policy.json") ? [] : ["--insecure-policy"];
}

const sourceOf = (reference: ImageReference): string =>
  reference.from === "registry" ? reference.registry : reference.from;

export const missingSkopeo = () =>
  labError("PROGRAM_MISSING", {
    program: "skopeo",
    needed: "images are fetched with it",
    mend: "Install it (Debian: sudo apt-get install skopeo).",
  });

function explained(what: string, said: string, reference: ImageReference, image: string): Error {
  const lines = said.split("\n").filter((line) => line.trim() !== "");
  const detail = /msg="(.*)"\s*$/.exec(lines.at(-1) ?? "")?.[1]?.replaceAll('\\"', '"') ?? lines.at(-1) ?? "";
  const source = sourceOf(reference);
  // Digests, and names that people choose, say nothing of what went wrong.
  const named = reference.from === "registry" ? detail.replaceAll(reference.repository, "") : detail;
  const told = named.replaceAll(/\b[0-9a-f]{64}\b/g, "");
  if (
    /unauthorized|authentication required|(?<!permission )denied|no basic auth|invalid username\/password|403 \(Forbidden\)/i.test(
      told,
    )
  )
    return labError("IMAGE_ACCESS_DENIED", { image, registry: source, detail: shortened(detail) });
  if (
    /manifest unknown|name unknown|\b404\b|not found|No such image|does not exist|image not known|unknown: /i.test(told)
  )
    return labError("IMAGE_NOT_FOUND", {
      image,
      where: reference.from === "registry" ? `at ${source}` : `in ${source}`,
    });
  if (/digest did not match|digest .* does not match/i.test(told))
    return labError("IMAGE_DAMAGED", { image, problem: `what ${source} sends is not what its digest says` });
  if (/no space left|disk quota exceeded/i.test(told)) return new NoSpaceError(detail);
  if (
    /no such host|connection refused|network is unreachable|timeout|deadline|connection reset|x509|tls:|EOF|no route|server misbehaving|server gave HTTP response|cannot connect to the docker daemon|dial unix/i.test(
      told,
    )
  )
    return labError("IMAGE_SOURCE_UNREACHABLE", { image, source, detail: shortened(detail) });
  return labError("IMAGE_COPY_FAILED", { image, what, lastLines: lines.slice(-5) });
}

/** The disk is full: the caller knows which. */
export class NoSpaceError extends Error {}

/** The last part of Go's chain of errors says what happened. */
const shortened = (detail: string): string => detail.split(": ").slice(-2).join(": ").slice(0, 300);

function end(pid: number | undefined): void {
  if (pid === undefined) return;
  for (const [signal, afterMs] of [["SIGTERM", 0] as const, ["SIGKILL", graceMs] as const])
    setTimeout(() => {
      try {
        process.kill(-pid, signal);
      } catch {
        // It has ended.
      }
    }, afterMs).unref();
}
