import { parseDuration } from "../../duration.ts";
import type { Command, Readiness } from "../../model.ts";
import { nearest } from "../../nearest.ts";
import { formProblems } from "../../schema/problems.ts";
import type { AnyKind, KindAnswer, KindFacts } from "../kind.ts";
import type { Json, NodeService, OwnedFile } from "../software.ts";
import { type KindFile, type KindParts, kindFile, kindParts } from "./kind-file.ts";
import { optionSchema, optionText, specProblem } from "./options.ts";
import { fill, fillCommand, namesIn, type Values } from "./template.ts";

/** What is wrong with a kind, and where in it. */
export type KindProblem = {
  readonly path: readonly (string | number)[];
  /** A sentence without its full stop. */
  readonly problem: string;
  /** A sentence. */
  readonly remedy: string;
};

/** What every template may name beside the options. */
const ofNode = ["node", "hostname"];
const optionPattern = /^[a-z][a-z0-9-]*$/;

/**
 * Makes a kind of what a user wrote.
 *
 * @param taken keys that every node has
 * @returns the kind, or all that is wrong with it
 */
export function userKind(
  name: string,
  data: unknown,
  taken: readonly string[],
): { readonly kind: AnyKind } | { readonly problems: readonly KindProblem[] } {
  const parsed = kindFile.safeParse(data);
  if (!parsed.success) return { problems: formProblems(parsed.error.issues, "A kind") };
  const file = parsed.data;
  const problems = [...optionProblems(file, taken), ...partProblems(file), ...templateProblems(file)];
  if (file.make !== undefined) {
    const both = Object.keys(kindParts.shape).filter((key) => Object.hasOwn(file, key));
    if (both.length > 0)
      problems.push({
        path: [both[0] as string],
        problem: `it has make and ${both.join(", ")}`,
        remedy: "Let make give all of it, or take make out.",
      });
  }
  return problems.length > 0 ? { problems } : { kind: definition(name, file) };
}

function definition(name: string, file: KindFile): AnyKind {
  const specs = Object.entries(file.options ?? {});
  return {
    name,
    summary: file.summary,
    base: file.base ?? "host",
    options: Object.fromEntries(specs.map(([key, spec]) => [key, optionSchema(spec)])),
    ...(file.interfaces === undefined
      ? {}
      : { interfaces: { prefix: file.interfaces.prefix, first: file.interfaces.first ?? 0 } }),
    resolve: (given: Readonly<Record<string, Json>>, facts) => {
      const options: Record<string, Json> = {};
      for (const [key, spec] of specs) options[key] = given[key] ?? spec.default ?? "";
      const texts = Object.fromEntries(Object.entries(options).map(([key, value]) => [key, optionText(value)]));
      const values = { node: facts.node.name, hostname: facts.node.hostname, ...texts };
      return file.make === undefined ? answerOf(file, values) : made(file.make, options, facts);
    },
  } as AnyKind;
}

/** What a kind's own code gives; what is wrong with it is told at the node. */
function made(
  make: NonNullable<KindFile["make"]>,
  options: Readonly<Record<string, Json>>,
  facts: KindFacts,
): KindAnswer {
  let result: unknown;
  try {
    result = (make as (options: unknown, facts: unknown) => unknown)(options, facts);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    facts.report(`the kind's code failed: ${reason}`, "Mend the make of the kind.", []);
    return answerOf({}, {});
  }
  const parsed = kindParts.safeParse(result);
  const problems = parsed.success ? partProblems(parsed.data) : formProblems(parsed.error.issues, "A kind");
  for (const { path, problem, remedy } of problems)
    facts.report(`the kind's code gives something else: ${[...path].join(".")}: ${problem}`, remedy, []);
  return problems.length > 0 || !parsed.success ? answerOf({}, {}) : answerOf(parsed.data, undefined);
}

/** @param values of templates; undefined where a text is what it is */
function answerOf(parts: KindParts, values: Values | undefined): KindAnswer {
  const filled = (text: string) => (values === undefined ? text : fill(text, values));
  const run = (definitionOf: CommandDefinition): Command => {
    const command: Command = Array.isArray(definitionOf) ? { argv: definitionOf.map(String) } : definitionOf;
    return values === undefined ? command : fillCommand(command, values);
  };
  const { config } = parts;
  return {
    software: {
      programs: Object.entries(parts.programs ?? {}).map(([name, of]) => ({ name, package: of })),
      directories: (parts.directories ?? []).map((path) => ({ path, mode: 0o755 })),
      files: Object.entries(parts.files ?? {}).map(([path, file]) => fileOf(filled(path), file, filled)),
      services: Object.entries(parts.services ?? {}).map(
        ([name, { command, ready, restart }]): NodeService => ({
          name,
          command: run(command),
          ...(ready === undefined ? {} : { ready: readiness(ready, filled, run) }),
          ...(restart === undefined ? {} : { restart }),
        }),
      ),
      setup: (parts.setup ?? []).map((command) => ({ what: "Set-up", command: run(command) })),
      ...(config === undefined
        ? {}
        : {
            config: {
              path: filled(config.path),
              ...(config.check === undefined ? {} : { check: run(config.check) }),
              live:
                config.reload === undefined
                  ? { by: "restart" as const }
                  : { by: "command" as const, command: run(config.reload) },
              ...(config.save === undefined ? {} : { save: run(config.save) }),
            },
          }),
    },
    sysctls: Object.fromEntries(
      Object.entries(parts.sysctls ?? {}).map(([key, value]) => [key, filled(String(value))]),
    ),
  };
}

type CommandDefinition = NonNullable<KindParts["setup"]>[number];
type FileDefinition = NonNullable<KindParts["files"]>[string];
type ReadyDefinition = NonNullable<NonNullable<KindParts["services"]>[string]["ready"]>;

function fileOf(path: string, file: FileDefinition, filled: (text: string) => string): OwnedFile {
  const form = typeof file === "string" ? { content: file } : file;
  const mode = Number.parseInt(form.mode ?? "644", 8);
  const bytes =
    form.base64 === undefined ? Buffer.from(filled(form.content ?? "")) : Buffer.from(form.base64, "base64");
  return { path, mode, contentBase64: bytes.toString("base64") };
}

function readiness(
  { tcp, udp, file, command, log, timeout }: ReadyDefinition,
  filled: (text: string) => string,
  run: (command: CommandDefinition) => Command,
): Readiness {
  const timing = { intervalMs: 50, timeoutMs: (timeout === undefined ? undefined : parseDuration(timeout)) ?? 30_000 };
  if (tcp !== undefined) return { ...timing, check: { type: "tcp", port: Number(filled(String(tcp))) } };
  if (udp !== undefined) return { ...timing, check: { type: "udp", port: Number(filled(String(udp))) } };
  if (file !== undefined) return { ...timing, check: { type: "file", path: filled(file) } };
  if (command !== undefined) return { ...timing, check: { type: "command", command: run(command) } };
  return { ...timing, check: { type: "log", pattern: filled(log ?? "") } };
}

function optionProblems({ options = {} }: KindFile, taken: readonly string[]): KindProblem[] {
  return Object.entries(options).flatMap(([key, spec]) => {
    const problem = !optionPattern.test(key)
      ? `"${key}" cannot be the name of an option`
      : taken.includes(key) || ofNode.includes(key)
        ? `"${key}" is a key that every node has`
        : specProblem(spec);
    return problem === undefined
      ? []
      : [{ path: ["options", key], problem, remedy: "Names are small letters, digits and hyphens, and its own." }];
  });
}

function partProblems(parts: KindParts): KindProblem[] {
  const files = Object.entries(parts.files ?? {}).flatMap(([path, file]): KindProblem[] => {
    const at = ["files", path];
    const isPath = /^\/[^\0]+$/.test(path) && !path.split("/").some((part) => part === ".." || part === ".");
    if (!isPath)
      return [{ path: at, problem: `"${path}" is no full path`, remedy: "Write one such as /etc/echo.conf." }];
    if (typeof file === "string") return [];
    const sources = [file.content, file.base64, file.from].filter((source) => source !== undefined);
    if (sources.length !== 1)
      return [{ path: at, problem: "a file has one of content, base64 and from", remedy: "Keep one of them." }];
    if (file.from !== undefined)
      return [{ path: at, problem: "from is for kind files, not for what make gives", remedy: "Give its content." }];
    return [];
  });
  const checks = Object.entries(parts.services ?? {}).flatMap(([name, { ready }]): KindProblem[] => {
    const { timeout: _, ...kinds } = ready ?? {};
    const count = Object.keys(kinds).length;
    if (ready === undefined || count === 1) return [];
    return [
      {
        path: ["services", name, "ready"],
        problem: `ready has ${count} checks`,
        remedy: "Give one of tcp, udp, file, command and log.",
      },
    ];
  });
  const config = parts.config;
  const isMade = config === undefined || Object.hasOwn(parts.files ?? {}, config.path);
  return [
    ...files,
    ...checks,
    ...(isMade
      ? []
      : [{ path: ["config", "path"], problem: `${config.path} is not among files`, remedy: "Add it, if only empty." }]),
  ];
}

/** Names in templates that stand for nothing. */
function templateProblems({ make, options = {}, summary: _, ...parts }: KindFile): KindProblem[] {
  if (make !== undefined) return [];
  const known = [...ofNode, ...Object.keys(options)];
  const problems: KindProblem[] = [];
  const visit = (value: unknown, path: readonly (string | number)[]): void => {
    if (typeof value === "string") {
      for (const name of namesIn(value)) {
        if (known.includes(name)) continue;
        const suggestion = nearest(name, known);
        problems.push({
          path,
          problem: `\${${name}} stands for nothing`,
          remedy:
            suggestion === undefined
              ? `Known are ${known.join(", ")}; $\${ is a literal \${.`
              : `Did you mean \${${suggestion}}?`,
        });
      }
    } else if (typeof value === "object" && value !== null) {
      for (const [key, one] of Object.entries(value)) visit(one, [...path, Array.isArray(value) ? Number(key) : key]);
    }
  };
  visit(parts, []);
  return problems;
}
