import type { Agent } from "../agent/agent.ts";
import type { LabRoute } from "./lab-route.ts";

/** Keeps what a lab says of the machine that it runs on from people of a team: folders, files, processes. */
export class Hiding {
  readonly #agent: Agent;
  readonly #names: readonly (readonly [name: string, path: string])[];

  /** @param vmImages disks of the server's by the names that lab files have for them */
  constructor(agent: Agent, vmImages: ReadonlyMap<string, string>) {
    this.#agent = agent;
    this.#names = [...vmImages];
  }

  /** What is told of an answer of a lab, or of a line of one: its files by their names, without the folders. */
  text(lab: string, text: string): string {
    let shown = text;
    for (const [name, path] of this.#names) shown = shown.replaceAll(path, name);
    for (const place of this.#agent.placesOf(lab)) shown = shown.replaceAll(`${place}/`, "").replaceAll(place, "");
    return shown;
  }

  /** The JSON of an answer. */
  answer(lab: string, { name }: LabRoute, body: string): string {
    const shown = this.text(lab, body);
    if (name !== "lab" && name !== "labSummary") return shown;
    const detail = JSON.parse(shown) as Readonly<Record<string, unknown>>;
    return JSON.stringify("supervisorPid" in detail ? { ...detail, supervisorPid: 0, logDirectory: "" } : detail);
  }

  /** Of a stream of lines. Programs' output and counters, of which there is much, have nothing of the machine. */
  lines(
    lab: string,
    { name, route }: LabRoute,
  ): ((bytes: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>) | undefined {
    if (route.kind !== "ndjson" || name === "logs" || name === "counters") return undefined;
    return async function* (this: Hiding, bytes: AsyncIterable<Uint8Array>) {
      const decoder = new TextDecoder();
      let rest = "";
      for await (const piece of bytes) {
        const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) yield Buffer.from(`${this.text(lab, line)}\n`);
      }
      if (rest !== "") yield Buffer.from(this.text(lab, rest));
    }.bind(this);
  }
}
