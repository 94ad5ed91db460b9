import { randomInt } from "node:crypto";
import type { LinkVerification, VerifiedDirection, VerifyReport, VerifyRequest } from "../../api/index.ts";
import { impairmentProblems } from "../../dataplane/contract.ts";
import { type Impairment, type Link, labError } from "../../topology/index.ts";
import { reportOf } from "../error-report.ts";
import { Feed } from "../feed.ts";
import type { PatchPanel } from "../panel/panel.ts";
import { hasOutside, type Measured, measureMs } from "./measure.ts";
import { defaultWish, longestDelayMs } from "./pace.ts";
import { runProbe } from "./probe-process.ts";
import { defaultToleranceMs } from "./tolerance.ts";

type Both<T> = readonly [T, T];

/** Beyond what measuring takes by itself: starting the process, a machine that is busy. */
const patienceMs = 30_000;
/** A link whose frames take longer is not waited for. */
const longestMeasurableMs = 30_000;
const runs = 2 ** 24;

/** Measures links of a lab, one at a time: two at once would be in each other's way. */
export class LinkVerifier {
  readonly #panel: PatchPanel;
  #last: Promise<unknown> = Promise.resolve();

  constructor(panel: PatchPanel) {
    this.#panel = panel;
  }

  /**
   * Sends probe frames through a link and compares what became of them with what is asked of the link.
   *
   * @param signal ends it
   * @throws LINK_NOT_MEASURABLE, IMPAIRMENT_IMPOSSIBLE at once; what goes wrong later is reported
   */
  verify(link: Link, request: VerifyRequest, signal: AbortSignal): AsyncGenerator<VerifyReport> {
    this.#impairments(link, request);
    const reports = new Feed<VerifyReport>();
    const measured = this.#last.then(async () => {
      try {
        const progress = (share: number) => reports.push({ type: "progress", share });
        reports.push({ type: "verified", verification: await this.#measure(link, request, progress, signal) });
      } catch (error) {
        reports.push({ type: "failed", errors: [reportOf(error)] });
      } finally {
        reports.close();
      }
    });
    this.#last = measured;
    return reports.read(0, { follow: true, signal });
  }

  async #measure(
    link: Link,
    request: VerifyRequest,
    progress: (share: number) => void,
    signal: AbortSignal,
  ): Promise<LinkVerification> {
    const impairments = this.#impairments(link, request);
    const { frames = defaultWish.frames, seconds, toleranceMs = defaultToleranceMs } = request;
    // Many frames get the time they need, where nobody says how long.
    const wish = { frames, seconds: seconds ?? defaultWish.seconds * Math.max(1, frames / defaultWish.frames) };
    const before = this.#panel.linkStatus(link);
    const ends = [this.#panel.senderAt(link, link.a), this.#panel.senderAt(link, link.b)] as const;
    const { ab, ba, waited } = await runProbe({
      link: link.id,
      ends,
      request: { run: randomInt(runs), impairments, mtu: link.mtu, wish, toleranceMs },
      timeoutMs: patienceMs + measureMs(impairments, link.mtu, wish),
      progress,
      signal,
    });
    const after = this.#panel.linkStatus(link);
    if (JSON.stringify(after) !== JSON.stringify(before)) throw labError("LINK_CHANGED_MEANWHILE", { link: link.id });
    const { wire } = await this.#panel.links.statistics(link.id);
    const direction = (measured: Measured, which: "ab" | "ba"): VerifiedDirection => ({
      from: which === "ab" ? after.a : after.b,
      to: which === "ab" ? after.b : after.a,
      requested: impairments[which === "ab" ? 0 : 1],
      ...measured,
      figures: [...measured.figures],
      ...(wire === undefined ? {} : { wireLatenessMs: wire[which].worstLatenessMs }),
    });
    return {
      link: link.id,
      medium: after.medium,
      verdict: hasOutside(ab) || hasOutside(ba) ? "outside" : "within",
      waited,
      ab: direction(ab, "ab"),
      ba: direction(ba, "ba"),
    };
  }

  /** What the link is measured against, if it can be. */
  #impairments(link: Link, { against }: VerifyRequest): Both<Impairment> {
    const { state, blocked = [], ab = {}, ba = {} } = this.#panel.linkStatus(link);
    const wanted = against === undefined ? [ab, ba] : [against.ab ?? {}, against.ba ?? {}];
    const problems = wanted.flatMap((one) => impairmentProblems(one));
    if (problems.length > 0) throw labError("IMPAIRMENT_IMPOSSIBLE", { link: link.id, problems });
    const refuse = (reason: string, mend?: string) => {
      throw labError("LINK_NOT_MEASURABLE", { link: link.id, reason, ...(mend === undefined ? {} : { mend }) });
    };
    if (state === "down") refuse("it is down", "Plug it in (netwright link up), or start its nodes.");
    if (blocked.length > 0) refuse("a partition blocks it", "Heal it with: netwright partition heal");
    if (Math.max(...wanted.map(longestDelayMs)) > longestMeasurableMs)
      refuse(`its frames may take longer than ${longestMeasurableMs / 1000} s`);
    return wanted as unknown as Both<Impairment>;
  }
}
