import type { OperState, RtnetlinkHandle } from "../../kernel/index.ts";
import { type Link, type LinkId, labError, type NodeName } from "../../topology/index.ts";
import { pause } from "../pause.ts";
import { type Connection, jacksOf } from "./connection.ts";

type Plugged = { readonly link: Link; readonly connection: Connection };

const settleMs = 10_000;
const settlePollMs = 2;

/** Which links of a patch panel carry frames: cables that are in, between nodes that have power. */
export class Carrier {
  readonly #handle: RtnetlinkHandle;
  readonly #plugged: ReadonlyMap<LinkId, Plugged>;
  readonly #tell: (link: Link, up: boolean) => void;
  /** Links that are there and pulled out. */
  readonly #cut = new Set<LinkId>();
  /** Nodes without power: their links carry nothing. */
  readonly #off = new Set<NodeName>();
  /** Links that were raised and not yet seen to carry frames. */
  readonly #raised = new Set<LinkId>();

  /**
   * @param plugged what is plugged in, now
   * @param tell of a link whose ends gained or lost carrier, or have it still
   */
  constructor(handle: RtnetlinkHandle, plugged: ReadonlyMap<LinkId, Plugged>, tell: (link: Link, up: boolean) => void) {
    this.#handle = handle;
    this.#plugged = plugged;
    this.#tell = tell;
  }

  /** Both ends lose carrier; the interfaces stay up and keep their addresses. */
  pull(id: LinkId): void {
    this.#cut.add(id);
    this.#raiseAsDue(id);
  }

  /** Both ends get carrier again. */
  mend(id: LinkId): void {
    this.#cut.delete(id);
    this.#raiseAsDue(id);
  }

  isUp(id: LinkId): boolean {
    const plugged = this.#plugged.get(id);
    return plugged !== undefined && this.#isDue(plugged.link);
  }

  /** Without power, a node's links have no carrier, at the far ends too. */
  setPower(node: NodeName, on: boolean): void {
    if (on) this.#off.delete(node);
    else this.#off.add(node);
    for (const { link } of this.#plugged.values())
      if (link.a.node === node || link.b.node === node) this.#raiseAsDue(link.id);
  }

  hasPower(node: NodeName): boolean {
    return !this.#off.has(node);
  }

  /** A link was made, with its jacks up. */
  made(link: Link): void {
    this.#raised.add(link.id);
    if (this.#isDue(link)) this.#tell(link, true);
    else this.#raiseAsDue(link.id);
  }

  /** A link is gone. */
  gone(link: Link): void {
    this.#cut.delete(link.id);
    this.#tell(link, false);
  }

  forgetNode(node: NodeName): void {
    this.#off.delete(node);
  }

  /**
   * Resolves when every link that was raised carries frames: the kernel raises interfaces in the
   * background (net/core/link_watch.c), and drops what is sent before.
   *
   * @throws TIMED_OUT
   */
  async settled(): Promise<void> {
    const deadline = Date.now() + settleMs;
    const links = [...this.#raised];
    let waiting = links.flatMap((id) => {
      const plugged = this.#plugged.get(id);
      return plugged === undefined || !this.#isDue(plugged.link) ? [] : jacksOf(plugged.connection);
    });
    for (;;) {
      const last = waiting.at(-1);
      if (last === undefined) break;
      // They come up in the order in which they were raised: while the last is down, the others need no asking.
      if (carries(this.#handle.linkGet(last).operState)) {
        const states = this.#handle.linkStates();
        const up = new Set(states.filter(({ operState }) => carries(operState)).map(({ ifindex }) => ifindex));
        waiting = waiting.filter(({ ifindex }) => !up.has(ifindex));
        continue;
      }
      if (Date.now() > deadline) throw labError("TIMED_OUT", { what: "Raising the links", afterMs: settleMs });
      await pause(settlePollMs);
    }
    for (const id of links) this.#raised.delete(id);
  }

  #isDue({ id, a, b }: Link): boolean {
    return !this.#cut.has(id) && !this.#off.has(a.node) && !this.#off.has(b.node);
  }

  #raiseAsDue(id: LinkId): void {
    const plugged = this.#plugged.get(id);
    if (plugged === undefined) return;
    const up = this.#isDue(plugged.link);
    if (up) this.#raised.add(id);
    this.#handle.batch((batch) => {
      for (const { ifindex } of jacksOf(plugged.connection)) batch.linkSet({ ifindex, up });
    });
    this.#tell(plugged.link, up);
  }
}

/** A tap says nothing of its state (Documentation/networking/operstates.rst); it carries frames once it is up. */
const carries = (state: OperState): boolean => state === "up" || state === "unknown";
