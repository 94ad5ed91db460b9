import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { expect } from "vitest";
import { type Credentials, sessionOf } from "../controller/caller.ts";
import { until } from "../controller/test-server.ts";
import { finished, type Netwright } from "./netwright.ts";

export type Lab = { readonly name: string; readonly state: string; readonly nodes: number };

/** What the pages say is tried in a browser (tests/gui); here it is enough that there is one. */
const environmentOf = (netwright: Netwright) => {
  netwright.write({ "pages/index.html": "<!doctype html>" });
  return { NETWRIGHT_PAGES_DIR: join(netwright.folder, "pages") };
};
export const spawnUi = (netwright: Netwright, argv: readonly string[] = []) =>
  netwright.spawn(["ui", "--no-browser", ...argv], { environment: environmentOf(netwright) });
export const callUi = (netwright: Netwright, ...argv: readonly string[]) => finished(spawnUi(netwright, argv));

/** `netwright ui`, and somebody who calls its server. */
export class Ui implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly link: URL;
  readonly said: string[];
  #headers: Credentials = {};

  private constructor(child: ChildProcess, link: URL, said: string[]) {
    this.#child = child;
    this.link = link;
    this.said = said;
  }

  static async start(netwright: Netwright, ...argv: readonly string[]): Promise<Ui> {
    const child = spawnUi(netwright, argv);
    const said: string[] = [];
    child.stderr?.on("data", (data: Buffer) => said.push(String(data)));
    if (child.stdout === null) throw new TypeError("it has no standard output");
    const lines = createInterface({ input: child.stdout });
    const ended = once(child, "exit").then(() => Promise.reject(new Error(said.join(""))));
    const [line] = (await Promise.race([once(lines, "line"), ended])) as [string];
    ended.catch(() => undefined);
    return new Ui(child, new URL(line), said);
  }

  async call(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) {
    // Not fetch: it sends the Host that it likes.
    const asked = request(new URL(`/api/v1${path}`, this.link), {
      method,
      headers: {
        ...this.#headers,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
    });
    asked.end(body === undefined ? undefined : JSON.stringify(body));
    const [response] = (await once(asked, "response")) as [import("node:http").IncomingMessage];
    const answered = await text(response);
    // biome-ignore lint/suspicious/noExplicitAny: what it is depends on the route
    const answer = (answered === "" ? {} : JSON.parse(answered)) as any;
    const heads = Object.entries(response.headersDistinct).flatMap(([name, values = []]) =>
      values.map((value): [string, string] => [name, value]),
    );
    return { status: response.statusCode, headers: new Headers(heads), body: answer };
  }

  async signIn(link: URL = this.link) {
    const answer = await this.call("POST", "/session/link", { secret: link.hash.slice(1) });
    if (answer.status === 201) this.#headers = sessionOf(answer);
    return answer;
  }

  /** Waits until the labs are so. */
  async labs(wanted: (labs: readonly Lab[]) => boolean): Promise<readonly Lab[]> {
    return until(async () => (await this.call("GET", "/projects/local/labs")).body.items as readonly Lab[], wanted);
  }

  /** By Ctrl-C. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGINT");
    expect(await ended).toEqual([0, null]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}
