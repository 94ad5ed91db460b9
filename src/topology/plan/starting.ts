import { frrChange } from "../frr/change.ts";
import { type ApplianceNode, isAppliance, type LabNode, type Machine, type ProgramNode } from "../model.ts";
import type { Step } from "../steps.ts";
import { same } from "./same.ts";

/**
 * Whether a machine has something to start when the lab comes up. One that has not stays an idle
 * namespace; its file system view is made when the first process or `exec` asks for it. Mounts count,
 * so that one that cannot be made fails `up` and not a later `exec`.
 */
export function needsStart(machine: Machine): boolean {
  if (isAppliance(machine)) return true;
  // A container runs as a whole, or not at all.
  if (machine.engine === "container") return true;
  if (machine.files.length > 0 || machine.mounts.length > 0 || machine.startup.length > 0) return true;
  if (machine.console?.startsWithNode) return true;
  if (machine.role !== undefined || machine.interfaces.some(({ dhcp }) => dhcp !== undefined)) return true;
  switch (machine.kind) {
    case "host":
      return false;
    case "router":
      return machine.frr !== undefined;
    default:
      return machine satisfies never;
  }
}

/**
 * Whether programs that run in `before` must be started anew to see `after`: what they read only at
 * their start has changed. Interfaces, routes and kernel settings change under running programs.
 */
export function restarts(before: Machine, after: Machine): boolean {
  if (isAppliance(before) || isAppliance(after))
    return !(isAppliance(before) && isAppliance(after) && runsOn(before, after));
  return !(
    same(before.image, after.image) &&
    same(before.capabilities, after.capabilities) &&
    before.root === after.root &&
    before.hostname === after.hostname &&
    same(before.environment, after.environment) &&
    same(before.startup, after.startup) &&
    same(before.files, after.files) &&
    same(before.mounts, after.mounts) &&
    same(ofPrograms(before), ofPrograms(after)) &&
    (before.console?.startsWithNode ?? false) === (after.console?.startsWithNode ?? false) &&
    same(services(before), services(after)) &&
    (same(frr(before), frr(after)) || loadsRouting(before, after))
  );
}

/**
 * Whether a virtual machine that runs is the one that is wanted, or becomes it by network cards that
 * come and go. What a seed told it, it has read.
 */
function runsOn(before: ApplianceNode, after: ApplianceNode): boolean {
  const told = ({ hostname, routes, vm }: ApplianceNode) => (vm.seed === undefined ? undefined : { hostname, routes });
  const card = ({ interfaces, vm }: ApplianceNode, name: string) => {
    const { mac, mtu, addresses } = interfaces.find((one) => one.name === name) ?? {};
    return { mac, mtu, addresses: vm.seed === undefined ? undefined : addresses };
  };
  const staying = before.interfaces.filter(({ name }) => after.interfaces.some((one) => one.name === name));
  return (
    same(before.vm, after.vm) &&
    same(told(before), told(after)) &&
    staying.every(({ name }) => same(card(before, name), card(after, name)))
  );
}

const frr = (machine: Machine) => (machine.kind === "router" ? machine.frr : undefined);

/** Whether all that differs in what FRR of a router is told is what it takes over while it runs. */
const loadsRouting = (before: Machine, after: Machine): boolean =>
  before.kind === "router" &&
  after.kind === "router" &&
  before.frr !== undefined &&
  after.frr !== undefined &&
  before.frr.config !== after.frr.config &&
  frrChange(before.frr.config, after.frr.config).by === "load";

/** The step by which a router that is not started anew has its new routing configuration, if it has one. */
export const routingLoad = (before: LabNode, after: LabNode): readonly Step[] =>
  before.kind === "router" && after.kind === "router" && !restarts(before, after) && !same(frr(before), frr(after))
    ? [{ do: "routing.load", from: before, to: after }]
    : [];

/** Limits that a program has from its start. Those of the node as a whole change under running programs. */
const ofPrograms = ({ resources: { programMemoryBytes, openFiles } = {} }: ProgramNode) => ({
  programMemoryBytes,
  openFiles,
});

/** What a machine runs by itself. */
const services = (machine: ProgramNode): unknown => ({
  software: machine.role?.software,
  dhcp: machine.interfaces.flatMap(({ name, dhcp }) => (dhcp === undefined ? [] : [name])),
});

/** Whether its start waits for another machine, which must not wait for it. */
export const waitsForOthers = (machine: Machine): boolean =>
  !isAppliance(machine) && machine.interfaces.some(({ dhcp }) => dhcp === "wait");
