import type { LinkStatistics } from "../api/impairment.ts";
import type { LinkStatus } from "../api/resources.ts";
import type { LabClient } from "../client/lab.ts";
import { isEnd } from "../topology/find-link.ts";
import { type ImpairmentSettings, impairmentOf } from "../topology/impairment/index.ts";
import type { Link } from "../topology/model.ts";
import type { StepLog } from "./steps.ts";

/** What `link set` sets, as a lab file says it: `{ delay: "20ms", loss: "1%" }`, `{ preset: "4g" }`. */
export type LinkSettings = ImpairmentSettings & {
  /** The end that sends, `node` or `node:interface`; both directions when absent. */
  readonly from?: string;
  readonly medium?: "auto" | "kernel" | "wire";
};

/** A link of a test's lab. */
export class TestLink {
  readonly id: string;
  readonly #link: Link;
  readonly #client: LabClient;
  readonly #log: StepLog;

  constructor(link: Link, client: LabClient, log: StepLog) {
    this.id = link.id;
    this.#link = link;
    this.#client = client;
    this.#log = log;
  }

  /** Cuts it: both ends lose carrier. */
  async down(): Promise<void> {
    await this.#log.step(`Cut ${this.id}`, () => this.#client.setLink(this.id, "down"));
  }

  /** Plugs it in again. */
  async up(): Promise<void> {
    await this.#log.step(`Plug in ${this.id}`, () => this.#client.setLink(this.id, "up"));
  }

  /**
   * Says what happens to frames from now on; what was set before for these directions is replaced.
   *
   * @throws what is wrong with the settings, or that the medium cannot do it
   */
  async set({ from, medium, ...settings }: LinkSettings): Promise<LinkStatus> {
    const { a, b } = this.#link;
    const up = impairmentOf(settings, "up");
    const down = impairmentOf(settings, "down");
    const isFromB = from !== undefined && isEnd(b, from);
    if (from !== undefined && !isFromB && !isEnd(a, from)) throw new RangeError(`${from} is no end of ${this.id}`);
    const change = from === undefined ? { ab: up, ba: down } : isFromB ? { ba: up } : { ab: up };
    return this.#log.step(`Impair ${this.id}`, () =>
      this.#client.impairLink(this.id, medium === undefined ? change : { ...change, medium }),
    );
  }

  /** Takes all impairments away. */
  async clear(): Promise<void> {
    await this.#log.step(`Clear ${this.id}`, () => this.#client.impairLink(this.id, { ab: {}, ba: {} }));
  }

  /** What it did to its frames so far. */
  statistics(): Promise<LinkStatistics> {
    return this.#client.linkStatistics(this.id);
  }
}
