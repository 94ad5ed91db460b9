import { readFileSync, statSync } from "node:fs";
import type { LinkStatistics, LinkStatus, PartitionStatus, VerifyReport, VerifyRequest } from "../api/index.ts";
import { impairmentProblems } from "../dataplane/contract.ts";
import type { LinkDefinition } from "../topology/edit-links.ts";
import {
  cutsOf,
  healed,
  type Impairments,
  type Lab,
  type Link,
  labError,
  makePartition,
  nearest,
  type Partition,
  transition,
} from "../topology/index.ts";
import type { SourceReader } from "../topology/load.ts";
import type { EventLog } from "./events.ts";
import type { LinkChange } from "./panel/links.ts";
import type { PatchPanel } from "./panel/panel.ts";
import { LinkVerifier } from "./verify/verifier.ts";

export type LinkVerbsOptions = {
  readonly panel: PatchPanel;
  readonly events: EventLog;
  /** The lab as it is now. @throws LAB_BUSY while it does not run */
  readonly running: () => Lab;
  readonly lab: () => Lab;
  /** Makes changes one after the other. */
  readonly inTurn: <Result>(change: () => Promise<Result>) => Promise<Result>;
  /** Turns the lab into another, in a turn. */
  readonly apply: (wanted: Lab) => Promise<void>;
  /** The lab stops. */
  readonly stopping: AbortSignal;
};

/** For the mounts of a lab's nodes, which were there when it started. */
const hostFiles: SourceReader = {
  readText: (path) => readFileSync(path, "utf8"),
  readBytes: (path) => readFileSync(path),
  stat: (path) => {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats?.isDirectory() ? "directory" : stats?.isFile() ? "file" : undefined;
  },
};

/** What can be done to the links of a running lab. Of two who change one at once, the last wins, and both are in the events. */
export class LinkVerbs {
  readonly #options: LinkVerbsOptions;
  readonly #verifier: LinkVerifier;
  #partition: { readonly partition: Partition; readonly words: readonly string[] } = { partition: healed, words: [] };

  constructor(options: LinkVerbsOptions) {
    this.#options = options;
    this.#verifier = new LinkVerifier(options.panel);
  }

  /** Adds a link, as if the lab file had it. @throws LabFileError */
  add(definition: unknown): Promise<LinkStatus> {
    const { inTurn, apply, events, panel, lab: current } = this.#options;
    return inTurn(async () => {
      const { withLink } = await import("../topology/edit-links.ts");
      const { lab, link } = withLink(current(), definition as LinkDefinition, hostFiles);
      await apply(lab);
      events.record("link.added", link.id, `${link.id} was added`);
      return panel.linkStatus(link);
    });
  }

  /** Takes a link out of the lab; interfaces of machines stay. */
  remove(id: string): Promise<{ readonly id: string }> {
    const { inTurn, apply, events, lab } = this.#options;
    return inTurn(async () => {
      const { withoutLink } = await import("../topology/edit-links.ts");
      await apply(withoutLink(lab(), this.#link(id).id));
      events.record("link.removed", id, `${id} was removed`);
      return { id };
    });
  }

  /** Cuts a link, so that both its ends lose carrier, or plugs it in again. */
  set(id: string, state: "up" | "down"): Promise<LinkStatus> {
    const { inTurn, events, panel } = this.#options;
    return inTurn(async () => {
      const link = this.#link(id);
      if (panel.linkStatus(link).state !== state) {
        if (state === "down") panel.links.carrier.pull(id);
        else panel.links.carrier.mend(id);
        events.record(state === "down" ? "link.down" : "link.up", id, `${id} is ${state}`);
      }
      return panel.linkStatus(link);
    });
  }

  /** Makes what other impairments of a link would need, so that setting them takes no time. @throws MEDIUM_IMPOSSIBLE */
  prepare(id: string, impairments: Impairments): Promise<void> {
    return this.#options.panel.links.prepare(this.#link(id).id, impairments);
  }

  /** Replaces the impairment of the directions given, an empty one clearing it, and the medium. */
  impair(id: string, change: LinkChange): Promise<LinkStatus> {
    const { inTurn, events, panel } = this.#options;
    return inTurn(async () => {
      const link = this.#link(id);
      const problems = [change.ab, change.ba].flatMap((impairment) =>
        impairment === undefined ? [] : impairmentProblems(impairment),
      );
      if (problems.length > 0) throw labError("IMPAIRMENT_IMPOSSIBLE", { link: id, problems });
      await panel.links.impair(id, change);
      await panel.settled();
      events.record("link.impaired", id, `${id} is impaired anew`, { ...change });
      return panel.linkStatus(link);
    });
  }

  /** Measures a link. Changes of the lab do not wait for it. @throws LINK_NOT_FOUND, LINK_NOT_MEASURABLE */
  verify(id: string, request: VerifyRequest, signal: AbortSignal): AsyncGenerator<VerifyReport> {
    return this.#verifier.verify(this.#link(id), request, AbortSignal.any([signal, this.#options.stopping]));
  }

  async statistics(id: string): Promise<LinkStatistics> {
    const { wire, queues } = await this.#options.panel.links.statistics(this.#link(id).id);
    if (wire !== undefined) return wire;
    if (queues === undefined) return { id };
    const { ab, ba } = queues;
    return { id, queues: { ...(ab === undefined ? {} : { ab }), ...(ba === undefined ? {} : { ba }) } };
  }

  /**
   * Puts a partition into force in place of the one before: first what either of them cuts, then what
   * the new one does, so that no pair that both keep apart talks in between.
   *
   * @param words the verb and what follows it (`makePartition`)
   */
  partition(words: readonly string[]): Promise<PartitionStatus> {
    const { inTurn, events, panel, running } = this.#options;
    return inTurn(async () => {
      const lab = running();
      const to = makePartition(lab, words);
      for (const cuts of transition(lab, this.#partition.partition, to)) await panel.links.partition.set(cuts);
      this.#partition = { partition: to, words };
      const isHealed = to.kind === "healed";
      events.record(
        isHealed ? "partition.healed" : "partition.set",
        lab.name,
        isHealed ? "The lab is whole" : `The lab is partitioned: ${words.join(" ")}`,
        { words: [...words] },
      );
      return this.partitionStatus;
    });
  }

  get partitionStatus(): PartitionStatus {
    const { partition, words } = this.#partition;
    return { words: partition.kind === "healed" ? ["heal"] : [...words] };
  }

  /** Changes the lab under the partition in force, whose cuts its new links have from the moment they are there. */
  async underPartition(from: Lab, to: Lab, change: () => Promise<void>): Promise<void> {
    const { partition: cuts } = this.#options.panel.links;
    const { partition } = this.#partition;
    cuts.expect(cutsOf(to, partition));
    try {
      await change();
    } catch (error) {
      await cuts.set(cutsOf(from, partition));
      throw error;
    }
    await cuts.set(cutsOf(to, partition));
  }

  #link(id: string): Link {
    const lab = this.#options.lab();
    const link = lab.links.find((one) => one.id === id);
    if (link !== undefined) return link;
    const suggestion = nearest(
      id,
      lab.links.map((one) => one.id),
    );
    const details = { link: id, lab: lab.name };
    throw labError("LINK_NOT_FOUND", suggestion === undefined ? details : { ...details, nearest: suggestion });
  }
}
