import { type ErrorReport, LabFileError, NetwrightError, type SourcePosition } from "../topology/errors/error.ts";
import { harmless, type Paint } from "./style.ts";
import { width } from "./table.ts";

/** An error as the command line shows it. */
export type Failure = {
  readonly lines: readonly string[];
  readonly reports: readonly ErrorReport[];
  readonly exitCode: number;
};

export type FailureOptions = { readonly paint: Paint; readonly verbose: boolean };

/** Makes of anything that was thrown what a person reads and a program gets. */
export function failureOf(error: unknown, options: FailureOptions): Failure {
  const errors = flatten(error);
  const known = errors.filter((one): one is NetwrightError => one instanceof NetwrightError);
  return {
    lines: errors.flatMap((one, index) => [
      ...(index === 0 ? [] : [""]),
      ...(one instanceof NetwrightError ? knownLines(one, options) : unknownLines(one, options)),
    ]),
    reports: errors.map((one) =>
      one instanceof NetwrightError ? one.toReport() : { code: "INTERNAL", message: messageOf(one) },
    ),
    exitCode: known[0]?.exitCode ?? 1,
  };
}

/** Several errors at once come as a LabFileError or an AggregateError. */
function flatten(error: unknown): readonly unknown[] {
  if (error instanceof LabFileError) return error.errors;
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.flatMap(flatten);
  return [error];
}

function knownLines(error: NetwrightError, { paint, verbose }: FailureOptions): string[] {
  const lines = [
    ...(error.at === undefined
      ? [`${paint("red", "Error:")} ${error.message}`]
      : placeLines(error.at, error.message, paint)),
    ...(error.remedy === undefined ? [] : [error.remedy]),
  ];
  if (verbose && error.cause !== undefined) lines.push(paint("dim", `caused by: ${stackOf(error.cause)}`));
  return lines;
}

/** What is allowed and most likely a mistake. */
export function warningLines(warning: NetwrightError, paint: Paint): string[] {
  const message = `${paint("yellow", "Warning:")} ${warning.message}`;
  return [
    ...(warning.at === undefined ? [message] : placeLines(warning.at, message, paint)),
    ...(warning.remedy === undefined ? [] : [warning.remedy]),
  ];
}

/** File, line and column, the message, and the line with the place underlined. */
function placeLines(
  { file, line, column, length, text, path }: SourcePosition,
  message: string,
  paint: Paint,
): string[] {
  if (line === 0)
    return [`${paint("bold", path === undefined || path === "" ? file : `${file}: ${path}`)}  ${message}`];
  const shown = harmless(text.replaceAll("\t", " ")).slice(0, mostExcerpt);
  const number = String(line).padStart(5);
  const marks = "^".repeat(Math.max(1, Math.min(length, mostExcerpt - column)));
  return [
    `${paint("bold", `${file}:${line}:${column}`)}  ${message}`,
    ...(shown.trim() === "" || column > mostExcerpt
      ? []
      : [
          `${paint("dim", `${number} |`)} ${shown}`,
          `${paint("dim", `${" ".repeat(number.length)} |`)} ${" ".repeat(width(text.slice(0, column - 1)))}${paint("red", marks)}`,
        ]),
  ];
}

/** Lines that are longer are no text to read. */
const mostExcerpt = 400;

function unknownLines(error: unknown, { paint, verbose }: FailureOptions): string[] {
  const lines = [`${paint("red", "Unexpected error:")} ${messageOf(error)}`];
  if (verbose) lines.push(stackOf(error));
  else lines.push("This is a fault of netwright's own. With -v it says where; please report it with that.");
  return lines;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const stackOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

/** Of a server's log: where it happened is told of what nobody has foreseen. */
export const faultText = (error: unknown): string =>
  error instanceof NetwrightError ? error.message : error instanceof Error ? stackOf(error) : String(error);
