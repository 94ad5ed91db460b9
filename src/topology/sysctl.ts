import type { InterfaceName } from "./model.ts";

const PER_INTERFACE = /^net\.(?:ipv4|ipv6|mpls)\.(?:conf|neigh)\.([^.]+)\./;

/**
 * The interface a kernel setting belongs to, e.g. `eth0` of `net.ipv4.conf.eth0.rp_filter`; undefined
 * for the settings of a whole namespace, `all` and `default` included. A dot in an interface's name is
 * written as a slash (sysctl(8)).
 *
 * @see https://docs.kernel.org/networking/ip-sysctl.html
 */
export function interfaceOfSysctl(name: string): InterfaceName | undefined {
  const written = PER_INTERFACE.exec(name)?.[1];
  return written === undefined || written === "all" || written === "default" ? undefined : written.replaceAll("/", ".");
}
