import { contains, parseAddress, parseCidr } from "../../../topology/address.ts";
import type { Interface, Route } from "../../../topology/index.ts";
import { isoVolume } from "./iso9660.ts";

/** What cloud-init in a guest is to know of it. */
export type SeedContent = {
  /** Another id makes cloud-init take the guest for a new machine. */
  readonly instanceId: string;
  readonly hostname: string;
  /** The text of user-data; begins with `#cloud-config` or `#!` as a rule. */
  readonly userData: string;
  /** Instead of what follows from interfaces and routes: the text of network-config. */
  readonly networkConfig?: string;
  readonly interfaces: readonly Interface[];
  readonly routes: readonly Route[];
};

/**
 * A NoCloud seed (https://docs.cloud-init.io/en/latest/reference/datasources/nocloud.html): a volume
 * labelled `cidata` with meta-data, user-data and network-config.
 */
export function seedVolume(seed: SeedContent): Buffer {
  const files = {
    "meta-data": JSON.stringify({ "instance-id": seed.instanceId, "local-hostname": seed.hostname }),
    "network-config": seed.networkConfig ?? JSON.stringify(networkConfig(seed.interfaces, seed.routes)),
    "user-data": seed.userData,
  };
  return isoVolume(
    "cidata",
    Object.entries(files).map(([name, text]) => ({ name, content: Buffer.from(`${text}\n`) })),
  );
}

/**
 * Interfaces by their MAC address, under their names in the lab (network-config, version 2). JSON is
 * YAML, too. A route is its gateway's interface's.
 */
export function networkConfig(interfaces: readonly Interface[], routes: readonly Route[]): unknown {
  const nics = interfaces.filter(({ name }) => name !== "lo");
  const outlets = routes.map((route) => ({ route, name: route.interface ?? outletOf(route, nics) }));
  const ethernets = nics.map(({ name, mac, mtu, addresses }) => {
    const own = outlets.filter((one) => one.name === name).map((one) => routeEntry(one.route));
    return [
      name,
      {
        match: { macaddress: mac },
        "set-name": name,
        mtu,
        ...(addresses.length === 0 ? {} : { addresses: [...addresses] }),
        ...(own.length === 0 ? {} : { routes: own }),
      },
    ] as const;
  });
  return { version: 2, ethernets: Object.fromEntries(ethernets) };
}

const routeEntry = ({ to, via, metric }: Route) => ({
  to,
  ...(via === undefined ? {} : { via }),
  ...(metric === undefined ? {} : { metric }),
});

/** The interface that reaches a route's gateway. */
function outletOf({ via }: Route, interfaces: readonly Interface[]): string | undefined {
  const gateway = via === undefined ? undefined : parseAddress(via);
  if (gateway === undefined || "problem" in gateway) return undefined;
  return interfaces.find(({ addresses }) =>
    addresses.some((text) => {
      const prefix = parseCidr(text);
      return !("problem" in prefix) && prefix.family === gateway.family && contains(prefix, gateway);
    }),
  )?.name;
}
