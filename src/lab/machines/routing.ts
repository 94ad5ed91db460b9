import { frrChange, type RouterNode } from "../../topology/index.ts";
import type { EventLog } from "../events.ts";
import { type ConfiguredNode, candidatePath, complete, contentOf, takeEffect } from "./configuration.ts";
import type { MachineState } from "./life.ts";

/** A router whose routing configuration changes under its daemons. */
type RoutingChange = { readonly from: RouterNode; readonly to: RouterNode };

/** The routing of a machine that may be a router: what its daemons take over while it runs, or when it goes on. */
export class LiveRouting {
  readonly #node: () => ConfiguredNode;
  readonly #events: EventLog;
  #owed: RoutingChange | undefined;

  /** @param node throws CONFIG_NONE for what is no router */
  constructor(node: () => ConfiguredNode, events: EventLog) {
    this.#node = node;
    this.#events = events;
  }

  /** It starts with what is wanted of it now. */
  forget(): void {
    this.#owed = undefined;
  }

  /** FRR of this router, which runs on, takes another configuration over; once it goes on, if it is paused. @throws CONFIG_REFUSED */
  async change(state: MachineState, { from, to }: RoutingChange): Promise<void> {
    // What does not run starts with the node as `configure` left it.
    if (state !== "running" && state !== "paused") return;
    this.#owed = { from: this.#owed?.from ?? from, to };
    if (state === "running") await this.goOn();
  }

  /** @throws CONFIG_REFUSED */
  async goOn(): Promise<void> {
    const owed = this.#owed;
    this.#owed = undefined;
    if (owed !== undefined) await loadRouting(this.#node(), owed, this.#events);
  }
}

/**
 * Has the daemons of a router that runs take another configuration over, by commands that say what differs.
 * Where they have another than the lab file's, because one was pushed or typed, nobody knows what differs: they
 * start anew with the wanted one, and the events say so.
 *
 * @throws CONFIG_REFUSED with what they said; the router then has the configuration it had
 */
async function loadRouting(node: ConfiguredNode, { from, to }: RoutingChange, events: EventLog): Promise<void> {
  const [before, after] = [from.frr?.config ?? "", to.frr?.config ?? ""];
  const { path } = node.config;
  const former = await node.files.readFile(path);
  const content = await contentOf(node, after);
  // Undoing what failed finds it done.
  if (former.equals(content)) return;
  const change = former.equals(await contentOf(node, before)) ? frrChange(before, after) : undefined;
  await node.files.writeFile(path, content);
  if (change?.by === "load" && (await isTakenOver(node, change.commands))) return;
  try {
    await takeEffect(node, after);
  } catch (error) {
    await node.files.writeFile(path, former);
    await takeEffect(node, former.toString()).catch(() => undefined);
    throw error;
  }
  const message = `${node.name}: its routing daemons started anew, since they had another configuration than the lab file's`;
  events.record("node.changed", node.name, message, { action: "config.reset" });
}

async function isTakenOver(node: ConfiguredNode, commands: string): Promise<boolean> {
  if (commands === "") return true;
  await node.files.writeFile(candidatePath, Buffer.from(commands));
  try {
    await complete(node, { argv: ["vtysh", "-f", candidatePath] });
    return true;
  } catch {
    // Something it says is to be taken back is not there, or the daemons are gone.
    return false;
  } finally {
    await node.files.removeFile(candidatePath);
  }
}
