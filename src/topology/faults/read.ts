import { parseDuration } from "../duration.ts";
import { NetwrightError } from "../errors/error.ts";
import type { Findings } from "../findings.ts";
import { checkSenders, type LinkImpairmentSettings, readImpairments } from "../impairment/directions.ts";
import type { Impairments } from "../impairment/impairment.ts";
import type { Lab, Link } from "../model.ts";
import { nearest } from "../nearest.ts";
import type { Path } from "../source/source.ts";
import { endOf, expectMachine, parseAction } from "./action.ts";
import type { FaultsForm, StepForm } from "./form.ts";
import type { FaultAction, FaultSchedule, FaultStep, FaultTrigger, Repeat, Span } from "./schedule.ts";
import { maximumEntries } from "./timeline.ts";

/** What is needed to read a step: the lab whose names it uses, and who is told what is wrong. */
type Reading = { readonly lab: Lab; readonly findings: Findings; readonly isWhole: boolean };

/**
 * Reads the data of a fault file, or of what a lab file has under `faults`, whose form has been checked.
 * What is wrong goes to `findings`; a step with something wrong is left out.
 *
 * @param path of the data in its file
 * @param isWhole false where parts of the lab could not be read: what a step names may then be there all the same
 */
export function readFaults(form: FaultsForm, path: Path, lab: Lab, findings: Findings, isWhole = true): FaultSchedule {
  const reading = { lab, findings, isWhole };
  const steps = (form.steps ?? []).flatMap((one, index) => {
    const at = [...path, "steps", index];
    // One whose form is wrong has lost parts.
    const step = findings.isTainted(at) ? undefined : readStep(one, at, reading);
    return step === undefined ? [] : [step];
  });
  const most = steps.reduce((count, step) => count + mostEntries(step), 0);
  if (most > maximumEntries) findings.error("FAULTS_TOO_MANY", { limit: maximumEntries }, [...path, "steps"]);
  return { ...(form.seed === undefined ? {} : { seed: form.seed }), steps };
}

/** How many faults a step makes when all its draws are the shortest. */
function mostEntries({ at, repeat, lasts }: FaultStep): number {
  const each = lasts === undefined ? 1 : 2;
  if (repeat === undefined) return each;
  const { every, times = Number.POSITIVE_INFINITY, untilMs = Number.POSITIVE_INFINITY } = repeat;
  return each * Math.min(times, 1 + Math.max(0, Math.floor((untilMs - at.fromMs) / every.fromMs)));
}

function readStep(form: StepForm, path: Path, reading: Reading): FaultStep | undefined {
  const { findings } = reading;
  const texts = form["one-of"] ?? (form.do === undefined ? [] : [form.do]);
  const combination = (problem: string, remedy: string, key?: string) => {
    findings.error("FAULT_STEP_INVALID", { problem, remedy }, key === undefined ? path : [...path, key]);
  };
  if (texts.length === 0 || (form.do !== undefined && form["one-of"] !== undefined)) {
    combination("A step has one action, or several of which one is drawn", "Give it do, or one-of.");
  }
  const isRepeated = form.times !== undefined || form.until !== undefined;
  if (form.every !== undefined && !isRepeated) combination("every has no end", "Add times or until.", "every");
  if (form.every === undefined && isRepeated) combination("Only what has every is repeated", "Add every.");

  const choices = readChoices(form, texts, path, reading);
  if (choices === undefined) return undefined;
  if (form.impairment !== undefined && !choices.some((action) => action.do === "link.set")) {
    combination("Only link set sets an impairment", "Write do: link set …, or leave impairment out.", "impairment");
  }
  if (form.for !== undefined && !choices.some((action) => endOf(action) !== undefined)) {
    combination("This has no end that could come later", "Leave out for.", "for");
  }
  const after = form.after === undefined ? undefined : readTrigger(form.after, [...path, "after"], reading);
  const span = (key: "at" | "every" | "for", text: string | undefined) =>
    text === undefined ? undefined : readSpan(text, [...path, key], findings);
  const [at, every, lasts] = [span("at", form.at ?? "0s"), span("every", form.every), span("for", form.for)];
  if (at === undefined || findings.isTainted(path)) return undefined;
  return {
    ...(after === undefined ? {} : { after }),
    at,
    ...(every === undefined ? {} : { repeat: repeatOf(form, every) }),
    choices,
    ...(lasts === undefined ? {} : { lasts }),
  };
}

/** The actions of a step; undefined where one is wrong, after reporting. */
function readChoices(
  form: StepForm,
  texts: readonly string[],
  path: Path,
  reading: Reading,
): readonly FaultAction[] | undefined {
  const { lab, findings, isWhole } = reading;
  const at = (index: number) => (form["one-of"] === undefined ? [...path, "do"] : [...path, "one-of", index]);
  const impaired: Link[] = [];
  const choices = texts.flatMap((text, index): FaultAction[] => {
    try {
      return [
        parseAction(lab, text, (link) => {
          impaired.push(link);
          return readSetting(form.impairment, link, path, findings);
        }),
      ];
    } catch (error) {
      if (!(error instanceof NetwrightError)) throw error;
      findings.taint(at(index));
      if (isWhole || isForm(error)) findings.addAt(error, at(index));
      return [];
    }
  });
  if (choices.length < texts.length) return undefined;
  if (form.impairment !== undefined && impaired.length > 0) {
    const ends = impaired.flatMap(({ a, b }) => [a, b]);
    checkSenders(form.impairment, [...path, "impairment"], ends, findings.error.bind(findings));
  }
  return choices;
}

/** Whether it is wrong whatever the lab has. */
const isForm = ({ code }: NetwrightError): boolean =>
  code === "FAULT_ACTION_INVALID" ||
  code === "PARTITION_UNKNOWN" ||
  code === "PARTITION_FORM" ||
  code === "PARTITION_NODE_TWICE";

function repeatOf({ times, until }: StepForm, every: Span): Repeat {
  const untilMs = until === undefined ? undefined : parseDuration(until);
  return {
    every,
    ...(times === undefined ? {} : { times }),
    ...(untilMs === undefined ? {} : { untilMs }),
  };
}

/** What `link set` sets; nothing where it is wrong, after reporting. */
function readSetting(
  settings: LinkImpairmentSettings | undefined,
  link: Link,
  path: Path,
  findings: Findings,
): Impairments {
  if (settings === undefined) {
    const remedy = "Add impairment, for example: impairment: {delay: 20ms}.";
    findings.error("FAULT_STEP_INVALID", { problem: "link set sets an impairment", remedy }, path);
    return {};
  }
  return readImpairments(settings, [...path, "impairment"], link, findings.error.bind(findings)) ?? {};
}

const events = { process: ["started", "ready", "exited"], node: ["started", "failed"] } as const;

function readTrigger(text: string, path: Path, { lab, findings, isWhole }: Reading): FaultTrigger | undefined {
  const [subject, name = "", word, ...rest] = text.trim().split(/\s+/);
  const processEvent = events.process.find((known) => known === word);
  const nodeEvent = events.node.find((known) => known === word);
  if (subject === "process" && processEvent !== undefined && rest.length === 0) {
    if (lab.processes.some((process) => process.name === name)) return { process: name, event: processEvent };
    const known = lab.processes.map((process) => process.name);
    const suggestion = nearest(name, known);
    const details = { word: name, known, ...(suggestion === undefined ? {} : { nearest: suggestion }) };
    if (isWhole) findings.error("PROCESS_NOT_FOUND", details, path);
    else findings.taint(path);
  } else if (subject === "node" && nodeEvent !== undefined && rest.length === 0) {
    try {
      expectMachine(lab, name);
      return { node: name, event: nodeEvent };
    } catch (error) {
      if (!(error instanceof NetwrightError)) throw error;
      findings.taint(path);
      if (isWhole) findings.addAt(error, path);
    }
  } else findings.error("FAULT_TRIGGER_INVALID", { text }, path);
  return undefined;
}

/** The form has made sure that these are durations. */
function readSpan(text: string, path: Path, findings: Findings): Span | undefined {
  const [from = 0, to = from] = text.split("..").map((part) => parseDuration(part) ?? 0);
  const isInterval = path.at(-1) === "every";
  if (to < from || (isInterval && from < 1)) {
    const range = isInterval ? "at least 1ms, the shorter time first" : "the shorter time first";
    findings.error("FAULT_TIME_INVALID", { key: String(path.at(-1)), text, range }, path);
    return undefined;
  }
  return { fromMs: from, toMs: to };
}
