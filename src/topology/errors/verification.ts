import { entry } from "./entry.ts";

/** Of the time without a processor: a machine that is idle stays far below. */
const busyShare = 0.05;

/** Errors of links that are measured. */
export const verificationErrors = {
  LINK_OUT_OF_TOLERANCE: entry<{ link: string; problems: readonly string[]; waited: number }>({
    exitCode: 1,
    message: ({ link, problems }) =>
      [`Link ${link} does not do what is asked of it:`, ...problems.map((problem) => `  ${problem}`)].join("\n"),
    remedy: ({ waited }) =>
      waited > busyShare
        ? `This machine is busy: what measured stood in line for a processor ${Math.round(100 * waited)} % of the time. Try again when it is not, or allow delays to be off by more with --tolerance.`
        : "Other traffic on the link may be the reason (netwright link stats), or a machine that is busy now and then. Delays may be off by more with --tolerance.",
  }),
  LINK_NOT_MEASURABLE: entry<{ link: string; reason: string; mend?: string }>({
    exitCode: 1,
    message: ({ link, reason }) => `Link ${link} cannot be measured: ${reason}.`,
    remedy: ({ mend }) => mend,
  }),
  LINK_CHANGED_MEANWHILE: entry<{ link: string }>({
    exitCode: 1,
    message: ({ link }) => `Link ${link} was changed while it was measured.`,
    remedy: () => "Measure it again.",
  }),
  PROBE_FAILED: entry<{ link: string; reason: string }>({
    exitCode: 1,
    message: ({ link, reason }) => `Measuring link ${link} failed: ${reason}.`,
  }),
  VERIFY_BROKEN_OFF: entry<{ link: string }>({
    exitCode: 1,
    message: ({ link }) => `Measuring link ${link} was broken off; the lab runs on.`,
  }),
} as const;
