import type { LaunchPhase } from "../client/index.ts";
import type { Context } from "./context.ts";
import type { Output } from "./output.ts";

/** Shows the phases of a start as they come. */
export type Progress = {
  phase(phase: LaunchPhase): void;
  /** What was under way is done. */
  finish(): void;
  /** What was under way failed. */
  fail(): void;
};

/**
 * Progress of `up`: a live line with count and elapsed time on a terminal, plain lines
 * ("Create 12 nodes... done") otherwise, nothing with `--quiet` or `--json`.
 *
 * Made for the phases as the supervisor streams them. listr2 wants its tasks before it starts, and
 * takes longer to load than a small lab takes to start; it shows `down --all`, which knows its tasks.
 */
export function progressOf(context: Context, output: Output): Progress {
  if (output.quiet || output.json) return { phase: () => {}, finish: () => {}, fail: () => {} };
  return context.stderr.isTTY === true && context.environment["TERM"] !== "dumb"
    ? new LiveProgress(context, output)
    : new PlainProgress(output);
}

class PlainProgress implements Progress {
  readonly #output: Output;
  #current: LaunchPhase | undefined;
  /** The last phase that was shown to its end: more reports of it say nothing new. */
  #ended: string | undefined;

  constructor(output: Output) {
    this.#output = output;
  }

  phase(phase: LaunchPhase): void {
    if (phase.phase === this.#ended) return;
    if (this.#current !== undefined && this.#current.phase !== phase.phase) this.#end("done");
    this.#current = phase;
    if (phase.done === phase.total) this.#end("done");
  }

  finish(): void {
    this.#end("done");
  }

  fail(): void {
    this.#end("failed");
  }

  #end(how: "done" | "failed"): void {
    if (this.#current === undefined) return;
    this.#output.note(`${this.#current.phase}... ${how}`);
    this.#ended = this.#current.phase;
    this.#current = undefined;
  }
}

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"] as const;
const frameMs = 80;
const clearLine = "\r\x1b[2K";

class LiveProgress implements Progress {
  readonly #context: Context;
  readonly #output: Output;
  #current: (LaunchPhase & { readonly beganAt: number }) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #frame = 0;
  #ended: string | undefined;

  constructor(context: Context, output: Output) {
    this.#context = context;
    this.#output = output;
  }

  phase(phase: LaunchPhase): void {
    if (phase.phase === this.#ended) return;
    const same = this.#current?.phase === phase.phase;
    if (!same) this.#end("green", "✔");
    this.#current = {
      ...phase,
      beganAt: same && this.#current !== undefined ? this.#current.beganAt : performance.now(),
    };
    if (phase.done === phase.total) {
      this.#end("green", "✔");
      return;
    }
    this.#timer ??= setInterval(() => this.#draw(), frameMs);
    this.#draw();
  }

  finish(): void {
    this.#end("green", "✔");
  }

  fail(): void {
    this.#end("red", "✖");
  }

  #draw(): void {
    if (this.#current === undefined) return;
    const { phase, done, total, beganAt } = this.#current;
    this.#frame = (this.#frame + 1) % frames.length;
    const paint = this.#output.notePaint;
    const count = total > 1 ? ` ${done}/${total}` : "";
    const line = `${frames[this.#frame]} ${phase}${count} ${seconds(beganAt)}`;
    // A line that wraps could not be taken back.
    const fitting = line.slice(0, Math.max(10, (this.#context.stderr.columns ?? 80) - 1));
    this.#context.stderr.write(clearLine + paint("cyan", fitting.slice(0, 1)) + fitting.slice(1));
  }

  #end(ink: "green" | "red", mark: string): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (this.#current === undefined) return;
    const { phase, beganAt } = this.#current;
    const paint = this.#output.notePaint;
    this.#context.stderr.write(`${clearLine}${paint(ink, mark)} ${phase} ${paint("dim", seconds(beganAt))}\n`);
    this.#ended = phase;
    this.#current = undefined;
  }
}

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;
