import { BatchError, createNetns, type KernelError, type Namespace, RtnetlinkHandle } from "../../kernel/index.ts";
import { addressChange, type Interface, type Route } from "../../topology/index.ts";

const loopbackIfindex = 1;
/** Errors that say that what should go is gone already: ENODEV, ESRCH, EADDRNOTAVAIL. */
const goneErrnos = [19, 3, 99];

/** The interfaces, addresses and routes inside one node's network namespace, by rtnetlink. */
export class NodeNetwork {
  readonly #handle: RtnetlinkHandle;
  readonly #ifindexes: Map<string, number>;

  /**
   * @param handle in the node's namespace
   * @param ifindexes by interface name; kept between uses by the owner
   */
  constructor(handle: RtnetlinkHandle, ifindexes: Map<string, number>) {
    this.#handle = handle;
    this.#ifindexes = ifindexes;
  }

  /** Gives an interface that exists its addresses, and brings it up. */
  configure(one: Interface): void {
    const ifindex = this.#ifindexOf(one.name);
    this.#handle.batch((batch) => {
      for (const address of one.addresses) batch.addressReplace({ ifindex, address });
      if (ifindex !== loopbackIfindex) batch.linkSet({ ifindex, up: true });
    });
  }

  /** Takes away what `configure` gave to the loopback interface, which itself stays. */
  clear(one: Interface): void {
    const ifindex = this.#ifindexOf(one.name);
    this.#tolerant((batch) => {
      for (const address of one.addresses) batch.addressDelete({ ifindex, address });
    });
  }

  reconfigure(from: Interface, to: Interface): void {
    const ifindex = this.#ifindexOf(to.name);
    const { remove, add } = addressChange(from, to);
    this.#handle.batch((batch) => {
      if (to.mtu !== from.mtu && ifindex !== loopbackIfindex) batch.linkSet({ ifindex, mtu: to.mtu });
      if (to.mac !== from.mac && ifindex !== loopbackIfindex) batch.linkSet({ ifindex, mac: to.mac });
      for (const address of remove) batch.addressDelete({ ifindex, address });
      for (const address of add) batch.addressReplace({ ifindex, address });
    });
  }

  addRoutes(routes: readonly Route[]): void {
    this.#handle.batch((batch) => {
      for (const route of routes) batch.routeReplace(this.#spec(route));
    });
  }

  /** Routes that went with their interface or gateway are no error. */
  removeRoutes(routes: readonly Route[]): void {
    this.#tolerant((batch) => {
      for (const route of routes) batch.routeDelete(this.#spec(route));
    });
  }

  /** The kernel's own view, read now. */
  inspect(): Record<string, unknown> {
    return {
      links: this.#handle.linkList(),
      addresses: this.#handle.addressList(),
      routes: this.#handle.routeList().filter((route) => route.type === "unicast"),
      neighbours: this.#handle.neighbourList(),
    };
  }

  #spec({ to, via, interface: name, metric }: Route) {
    return {
      to,
      ...(via === undefined ? {} : { via }),
      ...(name === undefined ? {} : { ifindex: this.#ifindexOf(name) }),
      ...(metric === undefined ? {} : { metric }),
    };
  }

  #tolerant(body: Parameters<RtnetlinkHandle["batch"]>[0]): void {
    try {
      this.#handle.batch(body);
    } catch (error) {
      const isGone = (failure: { readonly error: KernelError }) => goneErrnos.includes(failure.error.errno);
      if (!(error instanceof BatchError && error.failures.every(isGone))) throw error;
    }
  }

  #ifindexOf(name: string): number {
    return name === "lo" ? loopbackIfindex : (this.#ifindexes.get(name) ?? 0);
  }
}

/** What is known of a node between two uses of its network. */
type Known = { readonly netns: Namespace; readonly ifindexes: Map<string, number> };

/**
 * The networks of all nodes. One netlink socket is open at a time, that of the node used last: the
 * steps of a node come together, and a thousand sockets would be a thousand files.
 */
export class NodeNetworks {
  readonly #memory: Buffer;
  readonly #known = new Map<string, Known>();
  #open: { readonly node: string; readonly handle: RtnetlinkHandle } | undefined;

  constructor(memory: Buffer) {
    this.#memory = memory;
  }

  /**
   * Makes a node's namespace, with loopback up. All that can be done in it at once is: each visit
   * costs as much as several requests.
   */
  create(node: string, setUp: () => void): Namespace {
    this.#release();
    let handle: RtnetlinkHandle | undefined;
    try {
      const netns = createNetns(() => {
        setUp();
        handle = RtnetlinkHandle.open(this.#memory);
        handle.linkSet({ ifindex: loopbackIfindex, up: true });
      });
      this.#known.set(node, { netns, ifindexes: new Map() });
      if (handle !== undefined) this.#open = { node, handle };
      return netns;
    } catch (error) {
      handle?.close();
      throw error;
    }
  }

  remove(node: string): void {
    if (this.#open?.node === node) this.#release();
    this.#known.delete(node);
  }

  of(node: string): NodeNetwork {
    const known = this.#knownOf(node);
    if (this.#open?.node !== node) {
      this.#release();
      this.#open = { node, handle: RtnetlinkHandle.openIn(known.netns, this.#memory) };
    }
    return new NodeNetwork(this.#open.handle, known.ifindexes);
  }

  netnsOf(node: string): Namespace {
    return this.#knownOf(node).netns;
  }

  has(node: string): boolean {
    return this.#known.has(node);
  }

  /** Chooses the number of a new interface: the next in its namespace, from 2 on. */
  claimIfindex(node: string, name: string): number {
    const { ifindexes } = this.#knownOf(node);
    const ifindex = Math.max(loopbackIfindex, ...ifindexes.values()) + 1;
    ifindexes.set(name, ifindex);
    return ifindex;
  }

  noteInterface(node: string, name: string, ifindex: number | undefined): void {
    const { ifindexes } = this.#knownOf(node);
    if (ifindex === undefined) ifindexes.delete(name);
    else ifindexes.set(name, ifindex);
  }

  forgetInterface(node: string, name: string): void {
    this.#known.get(node)?.ifindexes.delete(name);
  }

  #knownOf(node: string): Known {
    const known = this.#known.get(node);
    if (known === undefined) throw new RangeError(`no network of ${node}`);
    return known;
  }

  #release(): void {
    this.#open?.handle.close();
    this.#open = undefined;
  }
}
