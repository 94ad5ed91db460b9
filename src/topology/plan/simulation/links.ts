import { type Endpoint, endpointText, isMachine, type Link, type LinkConditions, type LinkId } from "../../model.ts";
import type { SwitchPort } from "../../steps.ts";
import type { KernelState } from "../kernel-state.ts";
import { conditionsOf, same } from "../same.ts";
import type { Before } from "./before.ts";

/** Linux: BR_PORT_BITS (net/bridge/br_private.h) leaves 1,023 port numbers. */
const MAX_BRIDGE_PORTS = 1023;

export function connect(before: Before, link: Link, ports: readonly SwitchPort[]): KernelState {
  before.expect(!before.state.links.has(link.id), "EEXIST", "the link is there already");
  const jacks = new Map(before.state.jacks);
  for (const endpoint of [link.a, link.b]) {
    expectJack(before, endpoint);
    before.expect(!jacks.has(endpointText(endpoint)), "EBUSY", `${endpointText(endpoint)} is linked already`);
    jacks.set(endpointText(endpoint), link.id);
  }
  return { ...before.state, jacks, links: new Map(before.state.links).set(link.id, { link, ports }) };
}

function expectJack(before: Before, endpoint: Endpoint): void {
  const node = before.node(endpoint.node);
  if (isMachine(node.settings)) {
    const has = node.interfaces.has(endpoint.interface) && endpoint.interface !== "lo";
    before.expect(has, "ENODEV", `there is no jack ${endpointText(endpoint)}`);
  } else {
    const ports = [...before.state.jacks.keys()].filter((jack) => jack.startsWith(`${endpoint.node}:`));
    before.expect(ports.length < MAX_BRIDGE_PORTS, "EXFULL", `${endpoint.node} has no port left`);
  }
}

export function disconnect(before: Before, link: Link, ports: readonly SwitchPort[]): KernelState {
  before.expect(same(before.state.links.get(link.id), { link, ports }), "ENOENT", "there is no such link");
  const links = new Map(before.state.links);
  links.delete(link.id);
  const jacks = new Map(before.state.jacks);
  for (const endpoint of [link.a, link.b]) jacks.delete(endpointText(endpoint));
  return { ...before.state, links, jacks };
}

export function impair(before: Before, id: LinkId, from: LinkConditions, to: LinkConditions): KernelState {
  const present = before.state.links.get(id);
  if (present === undefined) throw before.refusal("ENOENT", "there is no such link");
  before.expect(same(conditionsOf(present.link), from), "EINVAL", "the link is not as it says");
  const { impairments: _, medium: __, ...bare } = present.link;
  const links = new Map(before.state.links).set(id, { ...present, link: { ...bare, ...to } });
  return { ...before.state, links };
}
