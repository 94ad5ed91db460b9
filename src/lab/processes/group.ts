import type { Outcome, ProcessStatus } from "../../api/index.ts";
import { type LabMode, labError, type Process } from "../../topology/index.ts";
import type { ProcessEnd, SupervisedProcess } from "./supervised.ts";

/**
 * The processes of a lab's file: started when what they come after has happened, stopped in the
 * opposite order, and judged together by the lab's mode.
 *
 * - `keep`: the lab stays; the outcome is known when every process has ended.
 * - `stop-on-failure`: the first failure is the outcome.
 * - `wait-all-successful`: so is the first failure, and success comes when all have ended well.
 *
 * A process with `restart: always` never ends, so nobody waits for its end.
 */
export class ProcessGroup {
  readonly #processes = new Map<string, SupervisedProcess>();
  #mode: LabMode;
  readonly #outcome = Promise.withResolvers<Outcome>();
  readonly #ends = new Map<string, ProcessEnd>();
  #complete = false;

  constructor(mode: LabMode) {
    this.#mode = mode;
  }

  /** Resolves when the mode decides. */
  get outcome(): Promise<Outcome> {
    return this.#outcome.promise;
  }

  setMode(mode: LabMode): void {
    this.#mode = mode;
  }

  get(name: string): SupervisedProcess | undefined {
    return this.#processes.get(name);
  }

  get statuses(): readonly ProcessStatus[] {
    return [...this.#processes.values()].map((process) => process.status);
  }

  /**
   * Adds processes; each starts as soon as what it comes after has happened. Resolves when they are
   * ready, save those that must first wait for the end of another.
   *
   * @throws AggregateError of what kept them from being ready
   */
  async start(processes: readonly SupervisedProcess[]): Promise<void> {
    for (const process of processes) {
      this.#processes.set(process.spec.name, process);
      void process.ended.then((end) => this.#judge(end));
    }
    const begun = processes.map(async (process) => {
      const start = this.#startInTurn(process);
      if (this.#waitsForAnEnd(process.spec)) return;
      await start;
      await process.ready;
    });
    const failures = (await Promise.allSettled(begun))
      .filter((result) => result.status === "rejected")
      .map((result) => result.reason);
    if (failures.length > 0) throw new AggregateError(failures, "processes did not start");
  }

  /** Says that no more processes come, so that "all have ended" means something. */
  complete(): void {
    this.#complete = true;
    this.#judge(undefined);
  }

  /** Stops one process after those that come after it, and forgets it. */
  async stop(name: string): Promise<void> {
    const process = this.#processes.get(name);
    if (process === undefined) return;
    await process.stop();
    this.#processes.delete(name);
    this.#ends.delete(name);
  }

  /** Stops all: each when those that come after it have ended. Never rejects. */
  async stopAll(): Promise<void> {
    const stopped = new Map<string, Promise<void>>();
    const stop = (process: SupervisedProcess): Promise<void> => {
      const known = stopped.get(process.spec.name);
      if (known !== undefined) return known;
      const dependents = [...this.#processes.values()].filter((other) =>
        other.spec.after.some((dependency) => dependency.process === process.spec.name),
      );
      const promise = Promise.all(dependents.map(stop)).then(() => process.stop());
      stopped.set(process.spec.name, promise);
      return promise;
    };
    await Promise.allSettled([...this.#processes.values()].map(stop));
  }

  async #startInTurn(process: SupervisedProcess): Promise<void> {
    const failed = await this.#afterDependencies(process.spec);
    if (failed !== undefined) process.abandon(failed);
    else if (process.status.state === "waiting") process.start();
  }

  /** @returns why the process can never start, or undefined when it may */
  async #afterDependencies(spec: Process): Promise<ReturnType<typeof labError> | undefined> {
    for (const { process: name, condition } of spec.after) {
      const other = this.#processes.get(name);
      // Not chosen (topology/selection.ts): there is nothing to wait for.
      if (other === undefined) continue;
      if (condition === "success") {
        if (!(await other.ended).success)
          return labError("DEPENDENCY_FAILED", { process: spec.name, dependency: name });
      } else {
        try {
          await other.ready;
        } catch {
          return labError("DEPENDENCY_FAILED", { process: spec.name, dependency: name });
        }
      }
    }
    return undefined;
  }

  #waitsForAnEnd(spec: Process): boolean {
    return spec.after.some(({ process, condition }) => {
      const other = this.#processes.get(process);
      return other !== undefined && (condition === "success" || this.#waitsForAnEnd(other.spec));
    });
  }

  #judge(end: ProcessEnd | undefined): void {
    if (end !== undefined && this.#processes.get(end.process.spec.name) === end.process)
      this.#ends.set(end.process.spec.name, end);
    const failed = [...this.#ends.values()].find((one) => !one.success);
    if (failed !== undefined && this.#mode !== "keep") {
      this.#decide(failed);
      return;
    }
    if (!this.#complete) return;
    const awaited = [...this.#processes.values()].filter((process) => process.spec.restart !== "always");
    if (awaited.every((process) => this.#ends.has(process.spec.name))) this.#decide(failed);
  }

  #decide(failed: ProcessEnd | undefined): void {
    this.#outcome.resolve(
      failed === undefined
        ? { status: "success", exitCode: 0 }
        : {
            status: "failure",
            exitCode: failed.exitCode,
            process: failed.process.spec.name,
            ...(failed.error === undefined ? {} : { message: failed.error.message }),
          },
    );
  }
}
