import type { RtnetlinkHandle } from "../../kernel/index.ts";
import type { LinkLocalProtocol, SwitchNode } from "../../topology/index.ts";

/** The last byte of 01:80:c2:00:00:0x (IEEE 802.1Q, table 8-1) as a bit of the kernel's forward mask. */
const forwardBit = { stp: 0, lacp: 2, "802.1x": 3, lldp: 14 } as const satisfies Record<LinkLocalProtocol, number>;

/** The shortest timers that IEEE 802.1D allows together (table 17-1): a port forwards after twice the forward delay. */
const stpTimers = { helloSeconds: 1, maxAgeSeconds: 6, forwardDelaySeconds: 4 } as const;

/** Which link-local frames a port of this switch forwards. Set port by port: the bridge-wide mask refuses LACP and STP. */
export const forwardMask = (node: SwitchNode): number =>
  node.forward.reduce((mask, protocol) => mask | (1 << forwardBit[protocol]), 0);

/** Switches as Linux bridges in the panel. */
export class Switches {
  readonly #handle: RtnetlinkHandle;
  readonly #bridges = new Map<string, { readonly ifindex: number; node: SwitchNode }>();
  /** Those not up yet. */
  readonly #fresh = new Set<string>();

  constructor(handle: RtnetlinkHandle) {
    this.#handle = handle;
  }

  /**
   * Makes a bridge, which stays down until `raise`: for each port that comes to a bridge that is up, the
   * kernel goes through all that are there (br_port_state_selection, net/bridge/br_stp.c).
   */
  create(node: SwitchNode, ifindex: number): void {
    this.#handle.bridgeAdd({
      name: `sw${ifindex}`,
      ifindex,
      mac: macOf(ifindex),
      multicastSnooping: false,
      ...settings(node),
    });
    this.#bridges.set(node.name, { ifindex, node });
    this.#fresh.add(node.name);
  }

  /** Brings up the bridges made since the last time. */
  raise(): void {
    for (const name of this.#fresh) {
      const bridge = this.#bridges.get(name);
      if (bridge !== undefined) this.#handle.linkSet({ ifindex: bridge.ifindex, up: true });
    }
    this.#fresh.clear();
  }

  /** @param ports ifindexes of its ports */
  configure(node: SwitchNode, ports: readonly number[]): void {
    const bridge = this.#bridges.get(node.name);
    if (bridge === undefined) return;
    this.#handle.batch((batch) => {
      batch.bridgeSet({ ifindex: bridge.ifindex, ...settings(node) });
      for (const ifindex of ports) batch.bridgePortSet({ ifindex, groupForwardMask: forwardMask(node) });
    });
    bridge.node = node;
  }

  remove(name: string): void {
    const bridge = this.#bridges.get(name);
    if (bridge === undefined) return;
    this.#bridges.delete(name);
    this.#handle.linkDelete(bridge.ifindex);
  }

  has(name: string): boolean {
    return this.#bridges.has(name);
  }

  get(name: string): { readonly ifindex: number; readonly node: SwitchNode } | undefined {
    return this.#bridges.get(name);
  }
}

const settings = (node: SwitchNode) => ({
  stp: node.stp,
  ageingSeconds: node.ageingSeconds,
  ...(node.stp ? stpTimers : { forwardDelaySeconds: 0 }),
});

/** An address of its own, so that the bridge does not change its as ports come and go. */
const macOf = (ifindex: number): string =>
  `02:00:00:${ifindex
    .toString(16)
    .padStart(6, "0")
    .replace(/(..)(..)(..)/, "$1:$2:$3")}`;
