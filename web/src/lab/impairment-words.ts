import type { Impairment } from "../../../src/api/index.ts";
import { describeImpairment } from "../../../src/topology/impairment/describe.ts";

/** What a link does to frames, in few words. */
export function impairmentWords(ab: Impairment | undefined, ba: Impairment | undefined): string {
  if (ab === undefined && ba === undefined) return "";
  const [there, back] = [describeImpairment(ab), describeImpairment(ba)];
  return there === back ? there : `→ ${there} · ← ${back}`;
}
