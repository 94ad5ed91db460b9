import type * as z from "zod";
import { nearest } from "../nearest.ts";

type Issue = z.core.$ZodIssue;

/**
 * What is wrong with something that was sent or configured: a sentence for each mistake, with the place of it first,
 * such as "password: at least 10 characters." The messages that schemas give are phrases of what would be right.
 *
 * @param whole what the place is called where it is all of it
 */
export function mistakesIn(error: z.ZodError, whole: string): readonly string[] {
  return [...new Set(error.issues.flatMap((issue) => sentences(issue, [], whole)))];
}

function sentences(issue: Issue, base: readonly PropertyKey[], whole: string): readonly string[] {
  const path = [...base, ...issue.path];
  const where = path.length === 0 ? whole : placeOf(path);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => `${placeOf([...path, key])}: there is no such key${meantBy(key, issue)}.`);
    case "invalid_union": {
      const meant = alternativeOf(issue);
      return meant === undefined
        ? [`${where}: ${ownPhrase(issue) ?? "it is nothing of what is taken here"}.`]
        : meant.flatMap((one) => sentences(one, path, whole));
    }
    case "invalid_key":
    case "invalid_element":
      return issue.issues.flatMap((one) => sentences(one, path, whole));
    case "custom":
      return [path.length === 0 ? sentence(issue.message) : `${where}: ${withoutStop(issue.message)}.`];
    case "invalid_type":
    case "invalid_value":
    case "invalid_format":
    case "too_small":
    case "too_big":
    case "not_multiple_of":
      return [`${where}: ${ownPhrase(issue) ?? phraseOf(issue)}.`];
    default:
      issue satisfies never;
      return [];
  }
}

const placeOf = (path: readonly PropertyKey[]): string =>
  path
    .map((step, index) => (typeof step === "number" ? `[${step}]` : `${index === 0 ? "" : "."}${String(step)}`))
    .join("");

/** A schema of a lab's parts says which keys it has. */
function meantBy(key: string, { message }: Issue): string {
  const suggestion = byItself.test(message) ? undefined : nearest(key, message.split(" "));
  return suggestion === undefined ? "" : `, but there is ${suggestion}`;
}

/** Of the alternatives, the one that gets furthest; undefined when none fits better than the others. */
function alternativeOf({ errors }: Extract<Issue, { code: "invalid_union" }>): readonly Issue[] | undefined {
  const fitting = errors.filter(
    (issues) => !issues.some(({ code, path }) => code === "invalid_type" && path.length === 0),
  );
  return fitting.length === 1 ? fitting[0] : fitting.find((issues) => issues.every(({ path }) => path.length > 0));
}

/** What Zod says where a schema does not: it is put in words here. */
const byItself = /^(?:Invalid |Too (?:small|big)|Unrecognized )/;
const withoutStop = (text: string): string => text.replace(/\.$/, "");
const ownPhrase = ({ message }: Issue): string | undefined =>
  byItself.test(message) ? undefined : withoutStop(message);
const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${withoutStop(text.slice(1))}.`;

function phraseOf(
  issue: Exclude<Issue, { code: "unrecognized_keys" | "invalid_union" | "invalid_key" | "invalid_element" | "custom" }>,
): string {
  switch (issue.code) {
    case "invalid_type":
      return / undefined$/.test(issue.message)
        ? "it is missing"
        : `it takes ${types[issue.expected] ?? issue.expected}`;
    case "too_small":
      return `at least ${counted(Number(issue.minimum) + (issue.inclusive === false ? 1 : 0), issue.origin)}`;
    case "too_big":
      return `at most ${counted(Number(issue.maximum) - (issue.inclusive === false ? 1 : 0), issue.origin)}`;
    case "invalid_value":
      return issue.values.length === 1
        ? `only ${String(issue.values[0])}`
        : `one of ${issue.values.map(String).join(", ")}`;
    case "not_multiple_of":
      return `a multiple of ${issue.divisor}`;
    case "invalid_format":
      return formats[issue.format] ?? `it has not the form ${issue.pattern ?? issue.format}`;
    default:
      issue satisfies never;
      return "";
  }
}

function counted(count: number, origin: string): string {
  const isOne = count === 1;
  if (origin === "string") return `${count} ${isOne ? "character" : "characters"}`;
  return origin === "array" || origin === "set" || origin === "map"
    ? `${count} ${isOne ? "entry" : "entries"}`
    : String(count);
}

const types: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

const formats: Readonly<Record<string, string>> = {
  url: "an address such as https://example.org",
  datetime: "a time such as 2030-01-31T12:00:00Z",
};
