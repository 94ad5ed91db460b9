import { execFileSync } from "node:child_process";
import { BatchError, createNetns, inNamespaces, type Namespace, RtnetlinkHandle } from "../../../src/kernel/index.ts";
import { errorOf, iproute2, main } from "./scenario.ts";

const vethPair = (netns: Namespace) =>
  ({
    name: "jack0",
    ifindex: 11,
    mac: "02:00:00:00:01:00",
    mtu: 9000,
    peer: { name: "eth0", ifindex: 7, mac: "02:00:00:00:00:01", mtu: 9000, netns },
  }) as const;

/** A namespace with a veth end `eth0` (ifindex 7) in it, up, and the handle of each side. */
function node() {
  const panel = RtnetlinkHandle.open();
  const netns = createNetns();
  panel.linkAdd(vethPair(netns));
  panel.linkSet({ ifindex: 11, up: true });
  const handle = RtnetlinkHandle.openIn(netns);
  handle.batch((batch) => {
    batch.linkSet({ ifindex: 1, up: true });
    batch.linkSet({ ifindex: 7, up: true });
  });
  return {
    panel,
    netns,
    handle,
    look: (...parameters: string[]) => inNamespaces([netns], () => iproute2("ip", ...parameters)),
  };
}

await main({
  "veth pair": () => {
    const panel = RtnetlinkHandle.open();
    const netns = createNetns();
    panel.linkAdd(vethPair(netns));
    const ends = () => ({
      jack: (iproute2("ip", "link", "show", "jack0") as unknown[])[0],
      eth0: inNamespaces([netns], () => (iproute2("ip", "link", "show", "eth0") as unknown[])[0]),
    });
    const created = ends();
    using handle = RtnetlinkHandle.openIn(netns);
    panel.linkSet({ ifindex: 11, up: true, mtu: 1400, mac: "02:00:00:00:01:99", name: "jack9" });
    panel.linkSet({ ifindex: 11, name: "jack0" });
    handle.linkSet({ ifindex: 7, up: true });
    const changed = ends();
    const read = {
      jack: panel.linkGet({ ifindex: 11 }),
      eth0: handle.linkGet({ name: "eth0" }),
      list: handle.linkList().map(({ name }) => name),
      states: panel.linkStates(),
    };
    panel.linkDelete(11);
    return { created, changed, read, afterDelete: handle.linkList().map(({ name }) => name) };
  },
  "move a link": () => {
    const panel = RtnetlinkHandle.open();
    const [one, two] = [createNetns(), createNetns()];
    panel.linkAdd({ name: "a", ifindex: 11, netns: one, peer: { name: "b", ifindex: 12 } });
    panel.linkSet({ ifindex: 12, netns: two });
    const names = (netns: Namespace) =>
      RtnetlinkHandle.openIn(netns)
        .linkList()
        .map(({ name }) => name);
    return [panel.linkList().map(({ name }) => name), names(one), names(two)];
  },
  bridge: () => {
    const panel = RtnetlinkHandle.open();
    const netns = createNetns();
    panel.batch((batch) => {
      batch.bridgeAdd({
        name: "sw1",
        ifindex: 10,
        mac: "02:00:00:00:00:aa",
        mtu: 9000,
        stp: true,
        ageingSeconds: 60,
        forwardDelaySeconds: 4,
        helloSeconds: 1,
        maxAgeSeconds: 6,
        priority: 4096,
        groupForwardMask: 0x4008,
        multicastSnooping: false,
      });
      batch.linkAdd({ ...vethPair(netns), master: 10 });
      batch.linkSet({ ifindex: 10, up: true });
      batch.linkSet({ ifindex: 11, up: true });
      batch.bridgePortSet({
        ifindex: 11,
        groupForwardMask: 5,
        isolated: true,
        hairpin: true,
        learning: false,
        unicastFlood: false,
      });
    });
    RtnetlinkHandle.openIn(netns).linkSet({ ifindex: 7, up: true });
    const look = () => ({
      bridge: (iproute2("ip", "link", "show", "sw1") as { linkinfo: { info_data: Record<string, unknown> } }[])[0]
        ?.linkinfo.info_data,
      port: (
        iproute2("ip", "link", "show", "jack0") as {
          master: string;
          linkinfo: { info_slave_data: Record<string, unknown> };
        }[]
      )[0],
    });
    const created = look();
    panel.bridgeSet({ ifindex: 10, stp: false, ageingSeconds: 0, groupForwardMask: 0 });
    panel.bridgePortSet({ ifindex: 11, groupForwardMask: 0, isolated: false });
    const changed = look();
    const master = panel.linkGet({ ifindex: 11 }).master;
    panel.linkSet({ ifindex: 11, master: 0 });
    return {
      created,
      changed,
      master,
      mac: panel.linkGet({ name: "sw1" }).mac,
      released: panel.linkGet({ ifindex: 11 }).master ?? null,
      refused: [
        errorOf(() => panel.bridgeSet({ ifindex: 10, groupForwardMask: 4 })),
        errorOf(() => panel.bridgePortSet({ ifindex: 11, groupForwardMask: 4 })),
      ],
    };
  },
  addresses: () => {
    const { handle, look } = node();
    const addresses = ["10.1.2.3/16", "192.0.2.1/32", "198.51.100.0/31", "2001:db8::1/64", "fd00::5/128"];
    handle.batch((batch) => {
      for (const address of addresses) batch.addressReplace({ ifindex: 7, address });
      // Again: replacing is no error.
      for (const address of addresses) batch.addressReplace({ ifindex: 7, address });
    });
    type Shown = {
      addr_info: { local: string; prefixlen: number; broadcast?: string; tentative?: boolean; scope: string }[];
    };
    const shown = () =>
      (look("address", "show", "dev", "eth0") as Shown[])[0]?.addr_info.filter(({ scope }) => scope === "global");
    const created = shown();
    // Usable in this instant: binding to an address in detection fails.
    const bound = look("-6", "route", "get", "2001:db8::2", "from", "2001:db8::1");
    const read = handle.addressList({ ifindex: 7 }).filter(({ address }) => !address.startsWith("fe80"));
    handle.addressDelete({ ifindex: 7, address: "10.1.2.3/16" });
    handle.addressDelete({ ifindex: 7, address: "2001:db8::1/64" });
    return {
      created,
      bound,
      read,
      left: shown()?.map(({ local }) => local),
      all: handle.addressList().map(({ ifindex }) => ifindex),
      refused: [
        errorOf(() => handle.addressDelete({ ifindex: 7, address: "10.9.9.9/8" })),
        errorOf(() => handle.addressReplace({ ifindex: 99, address: "10.9.9.9/8" })),
      ],
    };
  },
  routes: () => {
    const { handle, look } = node();
    handle.addressReplace({ ifindex: 7, address: "10.0.0.1/24" });
    handle.addressReplace({ ifindex: 7, address: "2001:db8::1/64" });
    handle.batch((batch) => {
      batch.routeReplace({ to: "0.0.0.0/0", via: "10.0.0.253" });
      batch.routeReplace({ to: "0.0.0.0/0", via: "10.0.0.254" });
      batch.routeReplace({ to: "0.0.0.0/0", via: "10.0.0.252", metric: 50 });
      // Bits beyond the prefix length are of no account.
      batch.routeReplace({ to: "172.16.5.5/12", ifindex: 7 });
      batch.routeReplace({ to: "192.0.2.0/24", type: "blackhole" });
      batch.routeReplace({ to: "198.51.100.0/24", via: "2001:db8::9", ifindex: 7 });
      batch.routeReplace({ to: "203.0.113.0/24", via: "10.0.0.9", table: 1000 });
      batch.routeReplace({ to: "::/0", via: "2001:db8::fe" });
      batch.routeReplace({ to: "2001:db8:1::/48", ifindex: 7, metric: 7 });
      batch.routeReplace({ to: "2001:db8:dead::/48", type: "unreachable" });
    });
    const shown = () => ({
      four: look("route", "show", "table", "all", "proto", "static"),
      six: look("-6", "route", "show", "proto", "static"),
    });
    const created = shown();
    const read = handle.routeList().filter(({ protocol }) => protocol === 4);
    handle.batch((batch) => {
      batch.routeDelete({ to: "0.0.0.0/0", metric: 50 });
      batch.routeDelete({ to: "172.16.0.0/12" });
      batch.routeDelete({ to: "192.0.2.0/24" });
      batch.routeDelete({ to: "::/0", via: "2001:db8::fe" });
      batch.routeDelete({ to: "203.0.113.0/24", table: 1000 });
    });
    return {
      created,
      read,
      left: handle
        .routeList()
        .filter(({ protocol }) => protocol === 4)
        .map(({ to }) => to),
      refused: [
        errorOf(() => handle.routeReplace({ to: "192.0.2.0/24", via: "172.31.0.1" })),
        errorOf(() => handle.routeReplace({ to: "2001:db8::/32", via: "10.0.0.1" })),
        errorOf(() => handle.routeDelete({ to: "192.0.2.0/24" })),
      ],
    };
  },
  "routes of several hops": () => {
    const { netns, handle } = node();
    handle.addressReplace({ ifindex: 7, address: "10.0.0.1/24" });
    inNamespaces([netns], () =>
      execFileSync("ip", [
        "route",
        "add",
        "10.5.0.0/16",
        "nexthop",
        "via",
        "10.0.0.2",
        "weight",
        "1",
        "nexthop",
        "via",
        "10.0.0.3",
        "weight",
        "3",
      ]),
    );
    return handle.routeList().filter(({ to }) => to === "10.5.0.0/16");
  },
  "traffic control": () => {
    const panel = RtnetlinkHandle.open();
    const netns = createNetns();
    panel.linkAdd(vethPair(netns));
    panel.linkAdd({ name: "jack1", ifindex: 12, peer: { name: "eth1", netns } });
    const look = () => {
      const parts = iproute2("tc", "filter", "show", "dev", "jack0", "ingress") as {
        options?: { actions?: { to_dev: string; mirred_action: string }[] };
      }[];
      return parts
        .flatMap(({ options }) => options?.actions ?? [])
        .map(({ to_dev, mirred_action }) => [mirred_action, to_dev]);
    };
    panel.batch((batch) => {
      batch.qdiscReplace({ kind: "clsact", ifindex: 11 });
      batch.qdiscReplace({ kind: "clsact", ifindex: 11 });
      batch.filterReplace({ ifindex: 11, hook: "ingress", redirectTo: 12 });
    });
    const first = look();
    panel.bridgeAdd({ name: "sw", ifindex: 13 });
    panel.filterReplace({ ifindex: 11, hook: "ingress", redirectTo: 13 });
    const second = look();
    panel.filterDelete({ ifindex: 11, hook: "ingress" });
    const third = look();
    panel.filterReplace({ ifindex: 11, hook: "ingress", redirectTo: 12 });
    const fourth = look();
    panel.qdiscDelete({ kind: "clsact", ifindex: 11 });
    const qdiscs = (iproute2("tc", "qdisc", "show", "dev", "jack0") as { kind: string }[]).map(({ kind }) => kind);
    return {
      first,
      second,
      third,
      fourth,
      qdiscs,
      refused: errorOf(() => panel.filterReplace({ ifindex: 11, hook: "ingress", redirectTo: 12 })),
    };
  },
  "a batch with failures": () => {
    const panel = RtnetlinkHandle.open();
    let caught: unknown;
    let counts: number[] = [];
    try {
      panel.batch((batch) => {
        for (let index = 0; index < 400; index++) {
          counts.push(batch.length);
          if (index % 10 === 9) batch.bridgeAdd({ name: `b${index}`, ifindex: 100 + index });
          else batch.linkDelete(50_000 + index);
        }
      });
    } catch (error) {
      caught = error;
    }
    counts = [counts[0] ?? -1, counts[200] ?? -1, counts[399] ?? -1];
    const made = panel.linkList().filter(({ kind }) => kind === "bridge").length;
    if (!(caught instanceof BatchError)) return { made, failures: [] };
    return {
      made,
      counts,
      message: caught.message,
      failures: caught.failures.map(({ index, error }) => [index, error.call, error.code]),
    };
  },
  "a batch whose body throws": () => {
    const panel = RtnetlinkHandle.open();
    const error = errorOf(() =>
      panel.batch((batch) => {
        batch.bridgeAdd({ name: "one", ifindex: 100 });
        batch.bridgeAdd({ name: "two", ifindex: 101, mac: "nonsense" });
      }),
    );
    // The handle goes on working, and answers still match their questions.
    panel.bridgeAdd({ name: "three", ifindex: 102 });
    return { error, three: panel.linkGet({ name: "three" }).ifindex };
  },
  errors: () => {
    const panel = RtnetlinkHandle.open();
    const netns = createNetns();
    panel.linkAdd(vethPair(netns));
    const closed = createNetns();
    closed.close();
    const closedHandle = RtnetlinkHandle.open();
    closedHandle.close();
    return {
      exists: errorOf(() => panel.linkAdd(vethPair(netns))),
      noDevice: errorOf(() => panel.linkGet({ name: "nobody" })),
      detail: errorOf(() => panel.linkSet({ ifindex: 11, mtu: 1_000_000 })),
      mac: errorOf(() => panel.linkSet({ ifindex: 11, mac: "1" })),
      closedNamespace: errorOf(() => panel.linkSet({ ifindex: 11, netns: closed })),
      closedHandle: errorOf(() => closedHandle.linkList()),
      longName: errorOf(() => panel.bridgeAdd({ name: "sixteen-letters-" })),
    };
  },
  "lists longer than one datagram": () => {
    const panel = RtnetlinkHandle.open();
    panel.batch((batch) => {
      for (let index = 0; index < 60; index++) batch.bridgeAdd({ name: `b${index}`, ifindex: 100 + index });
    });
    return panel.linkList().map(({ ifindex }) => ifindex);
  },
  neighbours: () => {
    const panel = RtnetlinkHandle.open();
    const netns = createNetns();
    panel.bridgeAdd({ name: "sw", ifindex: 10 });
    panel.linkAdd({ ...vethPair(netns), master: 10 });
    panel.batch((batch) => {
      batch.linkSet({ ifindex: 10, up: true });
      batch.linkSet({ ifindex: 11, up: true });
      batch.addressReplace({ ifindex: 10, address: "10.0.0.254/24" });
    });
    const node = RtnetlinkHandle.openIn(netns);
    node.linkSet({ ifindex: 7, up: true });
    node.addressReplace({ ifindex: 7, address: "10.0.0.1/24" });
    inNamespaces([netns], () => execFileSync("ping", ["-c1", "-W5", "10.0.0.254"]));
    return {
      neighbours: node.neighbourList().filter(({ address }) => address === "10.0.0.254"),
      forwarding: panel.forwardingList().filter(({ mac }) => mac === "02:00:00:00:00:01"),
      bridgeMac: panel.linkGet({ ifindex: 10 }).mac,
      statistics: node.linkGet({ ifindex: 7 }).statistics,
    };
  },
});
