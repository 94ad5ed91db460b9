import { newReach } from "../reach/change.ts";
import { pastaArguments } from "../reach/pasta.ts";
import { hostPortText, hostSide, type NodeReach, type PublishedPort } from "../reach/reach.ts";

/** What a change of a node's way to the outside gives and takes: ports, and what program is run for it. */
export function describeReach(from: NodeReach | undefined, to: NodeReach | undefined): readonly string[] {
  const [gone, come] = [newReach(to, from), newReach(from, to)];
  return [
    ...gone.ports.map((port) => `-${leads(port)}`),
    ...gone.hostPorts.map((port) => `-this machine's ${hostPortText(port)}`),
    ...(gone.internet ? ["-internet"] : []),
    ...(come.internet ? [`+internet by: pasta ${pastaArguments("NAMESPACE", come.prefixes).join(" ")}`] : []),
    ...come.hostPorts.map((port) => `+this machine's ${hostPortText(port)}`),
    ...come.ports.map((port) => `+${leads(port)}`),
  ];
}

const leads = (port: PublishedPort): string =>
  `${hostSide(port)} → ${port.to === undefined ? "" : `${port.to} `}${port.port}`;
