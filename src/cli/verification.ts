import type {
  FigureName,
  LinkVerification,
  VerifiedDirection,
  VerifiedFigure,
  VerifyRequest,
} from "../api/verification.ts";
import type { LabClient } from "../client/lab.ts";
import { labError, type NetwrightError } from "../topology/errors/error.ts";
import type { Context } from "./context.ts";
import type { Output } from "./output.ts";
import { progressOf } from "./progress.ts";
import type { Paint } from "./style.ts";
import { table } from "./table.ts";

/** Measures a link and shows how far that is. */
export async function measureLink(
  { context, output }: { readonly context: Context; readonly output: Output },
  client: LabClient,
  link: string,
  request: VerifyRequest,
  signal: AbortSignal,
): Promise<LinkVerification> {
  const progress = progressOf(context, output);
  const phase = `Measure ${link}`;
  const total = 100;
  try {
    const verification = await client.verifyLink(link, request, {
      signal,
      onProgress: (share) =>
        progress.phase({ type: "phase", phase, done: Math.min(total - 1, share * total) | 0, total }),
    });
    progress.finish();
    return verification;
  } catch (error) {
    progress.fail();
    throw error;
  }
}

/** Measures every impaired link, one after the other, and says how each does. */
export async function verifyImpaired(
  { context, output }: { readonly context: Context; readonly output: Output },
  client: LabClient,
  signal: AbortSignal,
): Promise<{ readonly verifications: readonly LinkVerification[]; readonly errors: readonly unknown[] }> {
  const { linkStatus } = await client.detail();
  const verifications: LinkVerification[] = [];
  const errors: unknown[] = [];
  for (const { id } of linkStatus.filter(({ ab, ba }) => ab !== undefined || ba !== undefined)) {
    try {
      const verification = await measureLink({ context, output }, client, id, {}, signal);
      verifications.push(verification);
      const error = outOfTolerance(verification);
      if (error === undefined) continue;
      errors.push(error);
      if (!output.json) output.print(...verificationLines(verification, output.paint), "");
    } catch (error) {
      if (signal.aborted) throw error;
      errors.push(error);
    }
  }
  return { verifications, errors };
}

/** The error to end with when something is out of tolerance. */
export function outOfTolerance(verification: LinkVerification): NetwrightError | undefined {
  const problems = [verification.ab, verification.ba].flatMap((direction) =>
    direction.figures
      .filter(({ verdict }) => verdict === "outside")
      .map((figure) => `${direction.from} → ${direction.to}: ${problemOf(figure)}`),
  );
  return problems.length === 0
    ? undefined
    : labError("LINK_OUT_OF_TOLERANCE", { link: verification.link, problems, waited: verification.waited });
}

/** Both directions, a table each. */
export const verificationLines = (verification: LinkVerification, paint: Paint): readonly string[] =>
  [verification.ab, verification.ba].flatMap((direction, index) => [
    ...(index === 0 ? [] : [""]),
    ...directionLines(direction, paint),
    ...(index === 0
      ? []
      : [`  The probe stood in line for a processor ${digits(100 * verification.waited)} % of the time.`]),
  ]);

function directionLines(direction: VerifiedDirection, paint: Paint): readonly string[] {
  const { from, to, sent, arrived, figures, worstSendMs, wireLatenessMs } = direction;
  const verdicts = {
    within: paint("green", "ok"),
    outside: paint("red", "OUTSIDE"),
    unmeasured: paint("yellow", "not measured"),
  } as const;
  const lateness = [
    `the probe up to ${ms(worstSendMs)}`,
    ...(wireLatenessMs === undefined ? [] : [`the wire up to ${ms(wireLatenessMs)} since it carries this link`]),
  ].join(", ");
  return [
    `${from} → ${to}: ${sent} probe frames, ${arrived} arrived`,
    ...table(
      ["FIGURE", "REQUESTED", "EXPECTED", "ACHIEVED", "RANGE", ""],
      figures.map((figure) => [
        titles[figure.figure],
        figure.requested === undefined ? "" : quantity(figure, figure.requested),
        quantity(figure, figure.expected),
        figure.achieved === undefined ? "" : quantity(figure, figure.achieved),
        rangeOf(figure),
        verdicts[figure.verdict],
      ]),
      (heading) => paint("bold", heading),
    ).map((line) => `  ${line}`),
    `  Late at worst: ${lateness}`,
  ];
}

const titles: Readonly<Record<FigureName, string>> = {
  delay: "delay, median",
  "delay-5": "delay, 5 %",
  "delay-95": "delay, 95 %",
  "delay-99": "delay, 99 %",
  jitter: "jitter",
  loss: "loss",
  duplicates: "duplicates",
  corrupted: "corrupted",
  overtaking: "out of order",
  rate: "rate",
};

function problemOf(figure: VerifiedFigure): string {
  const { expected, achieved = 0, bounds, low, high } = figure;
  const title = titles[figure.figure];
  if (bounds === "confidence")
    return `${title} is ${quantity(figure, achieved)} (${rangeOf(figure)}), and should be ${quantity(figure, expected)}.`;
  const off =
    achieved > high
      ? `${quantity(figure, achieved - high)} too much`
      : `${quantity(figure, low - achieved)} too little`;
  return `${title} is ${quantity(figure, achieved)}, which is ${off}: ${quantity(figure, expected)} is expected, and ${rangeOf(figure)} allowed.`;
}

const rangeOf = (figure: VerifiedFigure): string => {
  const range = `${quantity(figure, figure.low)} to ${quantity(figure, figure.high)}`;
  return figure.bounds === "confidence" ? `${range} at 99.9 %` : range;
};

function quantity({ unit }: VerifiedFigure, value: number): string {
  switch (unit) {
    case "ms":
      return ms(value);
    case "share":
      return `${digits(value * 100)} %`;
    case "bps":
      return bitsPerSecond(value);
    default:
      return unit satisfies never;
  }
}

const ms = (value: number): string => `${value >= 100 ? value.toFixed(1) : value.toFixed(2)} ms`;

const prefixes = [
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
  [1, ""],
] as const;

function bitsPerSecond(value: number): string {
  const [size, prefix] = prefixes.find(([one]) => value >= one) ?? ([1, ""] as const);
  return `${digits(value / size)} ${prefix}bit/s`;
}

/** Four that mean something, without the zeros behind them. */
const digits = (value: number): string => String(Number(value.toPrecision(value >= 100 ? 4 : 3)));
