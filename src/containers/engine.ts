import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { labError } from "../topology/errors/error.ts";
import { type Answer, type Call, type Connect, call, hijack, stream } from "./http.ts";

/** What of `GET /containers/ID/json` Netwright looks at. */
export type ContainerState = {
  readonly Id: string;
  readonly State: {
    readonly Status: string;
    readonly Running: boolean;
    readonly Paused: boolean;
    /** As the host sees it; 0 when it does not run. */
    readonly Pid: number;
    readonly ExitCode: number;
    readonly OOMKilled: boolean;
    readonly Error: string;
  };
  readonly Image: string;
};

export type ExecState = { readonly Running: boolean; readonly ExitCode: number | null; readonly Pid: number };

/** What happened to a container (Docker Engine API, "Monitor events"). */
export type EngineEvent = {
  readonly container: string;
  /** `exec`: a program in it has ended. `oom`: the kernel has ended one, since it had no memory left. */
  readonly what: "die" | "exec" | "oom";
  /** Of a program in it. */
  readonly exec: string;
  readonly exitCode: number;
};

export type ImageState = {
  readonly Id: string;
  readonly Config: {
    readonly Entrypoint?: readonly string[] | null;
    readonly Cmd?: readonly string[] | null;
    readonly Env?: readonly string[] | null;
    readonly User?: string;
    readonly WorkingDir?: string;
  } | null;
};

export type ListedContainer = {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
  readonly State: string;
};

/** What of `GET /info` Netwright looks at. */
export type EngineInfo = {
  readonly SecurityOptions?: readonly string[] | null;
  readonly Rootless?: boolean;
  /** Whether the kernel lets it limit these. */
  readonly MemoryLimit?: boolean;
  readonly CpuCfsQuota?: boolean;
  readonly PidsLimit?: boolean;
};

const answerMs = 20_000;
/** Creating a container copies its image with the storage driver vfs. */
const workMs = 120_000;
const pullMs = 15 * 60_000;

const query = (values: Readonly<Record<string, string | number | boolean>>): string =>
  Object.entries(values)
    .map(([key, value]) => `${key}=${encodeURIComponent(String(value))}`)
    .join("&");

/**
 * The Docker Engine API, as far as labs use it, and as Podman speaks it too. Paths carry no version: the
 * engine's own is what every engine has.
 *
 * Every call ends: after its deadline with TIMED_OUT, when the engine cannot be reached with
 * CONTAINER_ENGINE_LOST, and with CONTAINER_ENGINE_REFUSED and the engine's own words when it says no.
 *
 * @see https://docs.docker.com/reference/api/engine/
 */
export class ContainerEngine {
  readonly #connect: Connect;

  constructor(connect: Connect) {
    this.#connect = connect;
  }

  async ping(withinMs = 5_000): Promise<void> {
    await this.#call({ what: "Asking whether it is there", method: "GET", path: "/_ping", withinMs });
  }

  async version(): Promise<{ readonly Version: string; readonly Components?: readonly { readonly Name: string }[] }> {
    return JSON.parse((await this.#get("Asking for its version", "/version")).text);
  }

  async info(): Promise<EngineInfo> {
    return JSON.parse((await this.#get("Asking for its settings", "/info")).text);
  }

  /** @returns undefined when the engine has no such image */
  async image(name: string): Promise<ImageState | undefined> {
    const what = `Looking for the image ${name}`;
    const answer = await this.#get(what, `/images/${encodeURIComponent(name)}/json`, [404]);
    return answer.status === 404 ? undefined : JSON.parse(answer.text);
  }

  /**
   * Gets an image from its registry.
   *
   * @param credentials for the registry: the base64 of X-Registry-Auth
   * @throws CONTAINER_ENGINE_REFUSED with what the registry said
   */
  async pull(name: string, options: { readonly credentials?: string; readonly signal?: AbortSignal }): Promise<void> {
    const what = `Getting the image ${name}`;
    const { credentials, signal } = options;
    const answer = await this.#call({
      what,
      method: "POST",
      path: `/images/create?${query({ fromImage: name })}`,
      withinMs: pullMs,
      headers: credentials === undefined ? {} : { "x-registry-auth": credentials },
      ...(signal === undefined ? {} : { signal }),
    });
    // The head is sent before the work: what went wrong is in the last of the progress messages.
    failOn(what, answer.text);
  }

  /**
   * Saves what a container has written as an image, and nothing of it changes meanwhile.
   *
   * @param name as references have it: `docker.io/team/web:v2`
   * @param settings instructions of a Dockerfile for what is not to be as the container has it: `CMD ["sh"]`
   * @returns its id, `sha256:…`
   */
  async commit(
    what: string,
    id: string,
    {
      name,
      comment,
      settings,
    }: { readonly name: string; readonly comment: string; readonly settings: readonly string[] },
  ): Promise<string> {
    const colon = name.lastIndexOf(":");
    const [repo, tag] = [name.slice(0, colon), name.slice(colon + 1)];
    const path = `/commit?${query({ container: id, repo, tag, comment, pause: true, changes: settings.join("\n") })}`;
    // Podman wants a body, if an empty one.
    const { text } = await this.#call({ what, method: "POST", path, body: {}, withinMs: pullMs });
    const { Id } = JSON.parse(text) as { Id: string };
    return Id.startsWith("sha256:") ? Id : `sha256:${Id}`;
  }

  /** Takes the images of a file of `docker save`. */
  async load(tar: Buffer, what: string): Promise<void> {
    const answer = await this.#call({ what, method: "POST", path: "/images/load?quiet=1", tar, withinMs: workMs });
    failOn(what, answer.text);
  }

  /** @returns its id */
  async create(what: string, name: string, specification: unknown): Promise<string> {
    const path = `/containers/create?${query({ name })}`;
    const { text } = await this.#call({ what, method: "POST", path, body: specification, withinMs: workMs });
    return (JSON.parse(text) as { Id: string }).Id;
  }

  async start(what: string, id: string): Promise<void> {
    await this.#call({ what, method: "POST", path: `/containers/${id}/start`, withinMs: workMs });
  }

  /** The stop signal, then after `graceSeconds` SIGKILL. A container that does not run is left as it is. */
  async stop(what: string, id: string, graceSeconds: number): Promise<void> {
    const path = `/containers/${id}/stop?${query({ t: graceSeconds })}`;
    await this.#call({ what, method: "POST", path, withinMs: answerMs + graceSeconds * 1000, accept: [404] });
  }

  /** SIGKILL. */
  async kill(what: string, id: string): Promise<void> {
    // 409: it does not run.
    await this.#call({ what, method: "POST", path: `/containers/${id}/kill`, withinMs: answerMs, accept: [404, 409] });
  }

  async freeze(what: string, id: string, frozen: boolean): Promise<void> {
    const path = `/containers/${id}/${frozen ? "pause" : "unpause"}`;
    await this.#call({ what, method: "POST", path, withinMs: answerMs });
  }

  /** Kills it where it runs, and removes it with its volumes. One that is gone, or going, is no error. */
  async remove(what: string, id: string): Promise<void> {
    const path = `/containers/${id}?${query({ force: true, v: true })}`;
    const { status } = await this.#call({ what, method: "DELETE", path, withinMs: workMs, accept: [404, 409] });
    // Somebody else removes it, as the engine itself does with one that is to go when it ends.
    for (let waitedMs = 0; status === 409 && waitedMs < answerMs; waitedMs += 20) {
      if ((await this.container(what, id)) === undefined) return;
      await sleep(20);
    }
  }

  /** @returns undefined when there is no such container */
  async container(what: string, id: string): Promise<ContainerState | undefined> {
    const answer = await this.#get(what, `/containers/${id}/json`, [404]);
    return answer.status === 404 ? undefined : JSON.parse(answer.text);
  }

  /**
   * Calls `listener` whenever a container with these labels, or a program in one, has ended. Resolves when
   * it listens.
   *
   * @param onEnd the engine tells no more
   */
  async events(
    of: Readonly<Record<string, string>>,
    listener: (event: EngineEvent) => void,
    onEnd: () => void,
  ): Promise<() => void> {
    const filters = {
      type: ["container"],
      event: ["die", "died", "exec_die", "exec_died", "oom"],
      label: Object.entries(of).map(([key, value]) => `${key}=${value}`),
    };
    const path = `/events?${query({ filters: JSON.stringify(filters) })}`;
    const response = await stream(this.#connect, {
      what: "Following its events",
      method: "GET",
      path,
      withinMs: answerMs,
    });
    let rest = "";
    response.on("data", (data: Buffer) => {
      const lines = (rest + data.toString()).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const event = eventIn(line);
        if (event !== undefined) listener(event);
      }
    });
    response.on("error", onEnd);
    response.once("close", onEnd);
    return () => response.destroy();
  }

  /** Its streams, from now on. */
  attach(what: string, id: string): Promise<{ socket: Socket; head: Buffer }> {
    const path = `/containers/${id}/attach?${query({ stream: 1, stdout: 1, stderr: 1 })}`;
    return hijack(this.#connect, { what, method: "POST", path, withinMs: answerMs });
  }

  /** All containers that have these labels, those that have ended too. */
  async list(labels: Readonly<Record<string, string>>): Promise<readonly ListedContainer[]> {
    const filters = { label: Object.entries(labels).map(([key, value]) => `${key}=${value}`) };
    const path = `/containers/json?${query({ all: 1, filters: JSON.stringify(filters) })}`;
    return JSON.parse((await this.#get("Listing containers", path)).text);
  }

  /** Unpacks a tar file in a container's file system. */
  async putArchive(what: string, id: string, folder: string, tar: Buffer): Promise<void> {
    const path = `/containers/${id}/archive?${query({ path: folder })}`;
    await this.#call({ what, method: "PUT", path, tar, withinMs: workMs });
  }

  /** A tar file of one file, or of a folder with all in it; undefined when there is no such thing. */
  async archive(what: string, id: string, file: string): Promise<Buffer | undefined> {
    const path = `/containers/${id}/archive?${query({ path: file })}`;
    const answer = await this.#call({ what, method: "GET", path, withinMs: answerMs, accept: [404] });
    return answer.status === 200 ? answer.body : undefined;
  }

  /** Whether there is such a file in its image, or among what it has written, whether it runs or not. */
  async hasFile(what: string, id: string, file: string): Promise<boolean> {
    const path = `/containers/${id}/archive?${query({ path: file })}`;
    const answer = await this.#call({ what, method: "HEAD", path, withinMs: answerMs, accept: [404] });
    return answer.status === 200;
  }

  /** Prepares a program in a container; it starts with `startExec`. */
  async createExec(what: string, id: string, specification: unknown): Promise<string> {
    const path = `/containers/${id}/exec`;
    const { text } = await this.#call({ what, method: "POST", path, body: specification, withinMs: answerMs });
    return (JSON.parse(text) as { Id: string }).Id;
  }

  /** @param terminal its size; without one the program gets none */
  startExec(
    what: string,
    id: string,
    terminal: { readonly columns: number; readonly rows: number } | undefined,
  ): Promise<{ socket: Socket; head: Buffer }> {
    const body = {
      Detach: false,
      Tty: terminal !== undefined,
      ...(terminal === undefined ? {} : { ConsoleSize: [terminal.rows, terminal.columns] }),
    };
    return hijack(this.#connect, { what, method: "POST", path: `/exec/${id}/start`, body, withinMs: answerMs });
  }

  async exec(what: string, id: string): Promise<ExecState> {
    return JSON.parse((await this.#get(what, `/exec/${id}/json`)).text);
  }

  async resizeExec(what: string, id: string, size: { columns: number; rows: number }): Promise<void> {
    const path = `/exec/${id}/resize?${query({ h: size.rows, w: size.columns })}`;
    await this.#call({ what, method: "POST", path, withinMs: answerMs });
  }

  #get(what: string, path: string, accept: readonly number[] = []): Promise<Answer> {
    return this.#call({ what, method: "GET", path, withinMs: answerMs, accept });
  }

  #call(one: Call): Promise<Answer> {
    return call(this.#connect, one);
  }
}

/** Docker says `exec_die`, Podman `exec_died`. */
function eventIn(line: string): EngineEvent | undefined {
  if (line.trim() === "") return undefined;
  type Told = { Action?: string; Actor?: { ID?: string; Attributes?: Readonly<Record<string, string>> } };
  const { Action = "", Actor: { ID = "", Attributes = {} } = {} } = JSON.parse(line) as Told;
  const exitCode = Number(Attributes["exitCode"] ?? Attributes["containerExitCode"] ?? 0);
  return {
    container: ID,
    what: Action.startsWith("exec") ? "exec" : Action === "oom" ? "oom" : "die",
    exec: Attributes["execID"] ?? "",
    exitCode,
  };
}

/** Finds the error among progress messages, one JSON object a line. */
function failOn(what: string, progress: string): void {
  for (const line of progress.split("\n")) {
    if (!line.includes('"error"')) continue;
    const { error } = JSON.parse(line) as { error?: string };
    if (error !== undefined) throw labError("CONTAINER_ENGINE_REFUSED", { what, status: 200, reason: error });
  }
}
