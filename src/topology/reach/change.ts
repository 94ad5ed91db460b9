import { same } from "../plan/same.ts";
import { type NodeReach, noReach } from "./reach.ts";

/**
 * What of `before` stays in `after`: what is given up first, so that a port can move from one node to
 * another in one change.
 */
export function commonReach(before: NodeReach | undefined, after: NodeReach | undefined): NodeReach | undefined {
  if (before === undefined || after === undefined) return undefined;
  const outside = same(
    [before.prefixes, before.internet, before.translate],
    [after.prefixes, after.internet, after.translate],
  );
  const common: NodeReach = {
    ...(outside
      ? { prefixes: before.prefixes, internet: before.internet, translate: before.translate }
      : { prefixes: [], internet: false, translate: false }),
    hostPorts: outside ? before.hostPorts.filter((one) => after.hostPorts.some((other) => same(one, other))) : [],
    ports: before.ports.filter((one) => after.ports.some((other) => same(one, other))),
  };
  return isNothing(common) ? undefined : same(common, before) ? before : common;
}

/** Whether a change takes something away and gives nothing. */
export const closesOnly = (from: NodeReach | undefined, to: NodeReach | undefined): boolean =>
  isNothing(newReach(from, to)) && !isNothing(newReach(to, from));

const isNothing = ({ internet, hostPorts, ports }: NodeReach): boolean =>
  !internet && hostPorts.length === 0 && ports.length === 0;

/** What `to` has and `from` has not. */
export function newReach(from: NodeReach | undefined, to: NodeReach | undefined): NodeReach {
  const [before, after] = [from ?? noReach, to ?? noReach];
  const isNew = <One>(ones: readonly One[], others: readonly One[]) =>
    ones.filter((one) => !others.some((other) => same(one, other)));
  return {
    prefixes: after.prefixes,
    internet: after.internet && !before.internet,
    translate: after.translate && !before.internet,
    hostPorts: isNew(after.hostPorts, before.hostPorts),
    ports: isNew(after.ports, before.ports),
  };
}
