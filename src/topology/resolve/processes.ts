import type { Findings } from "../findings.ts";
import type { Dependency, Process } from "../model.ts";
import { processNamePattern, processNameRule } from "../name-rules.ts";
import { nearest } from "../nearest.ts";
import type { LabDefinition } from "../schema/lab.ts";
import { fillPlaceholders } from "../source/placeholders.ts";
import type { Path } from "../source/source.ts";
import { type LabDraft, type ProgramDraft, runsProgramsDraft } from "./draft.ts";
import { milliseconds, readiness } from "./readiness.ts";
import { commandOf, environment, pathProblem } from "./settings.ts";

type Definition = NonNullable<LabDefinition["processes"]>[string];
type Definitions = NonNullable<LabDefinition["processes"]>;

const defaults = { graceMs: 10_000, stopSignal: "SIGTERM" };

/** A process of the lab file and the processes it becomes: one, or one on each of several nodes. */
type Group = {
  readonly definition: Definition;
  readonly path: Path;
  readonly members: readonly { readonly name: string; readonly node: ProgramDraft }[];
};

/**
 * The processes of a lab, with their dependencies checked.
 *
 * @param isExpected names that would be nodes if their definitions were right
 * @param isKnown names under `processes:`, right or wrong
 */
export function resolveProcesses(
  definitions: Definitions,
  draft: LabDraft,
  isExpected: (name: string) => boolean,
  isKnown: (name: string) => boolean,
  findings: Findings,
): readonly Process[] {
  const groups = new Map<string, Group>();
  for (const [name, definition] of Object.entries(definitions)) {
    const path = ["processes", name];
    if (!processNamePattern.test(name)) {
      findings.error("NAME_INVALID", { what: "a process", name, rule: `Use ${processNameRule}` }, path, "key");
    }
    groups.set(name, { definition, path, members: membersOf(name, definition, path, draft, isExpected, findings) });
  }
  const processes = [...groups.values()].flatMap((group) => {
    // Without a node to run on, the rest is still checked.
    if (group.members.length === 0) resolveOne(String(group.path.at(-1)), "", group, groups, isKnown, findings);
    return group.members.map(({ name, node }) => resolveOne(name, node.name, group, groups, isKnown, findings));
  });
  reportDoubles(groups, findings);
  reportImageDoubles(groups, draft, findings);
  reportCycles(groups, findings);
  return processes;
}

function membersOf(
  name: string,
  { node }: Definition,
  path: Path,
  draft: LabDraft,
  isExpected: (name: string) => boolean,
  findings: Findings,
): Group["members"] {
  if (typeof node === "string" && !node.includes("*")) {
    const found = machineOf(node, name, [...path, "node"], draft, isExpected, findings);
    return found === undefined ? [] : [{ name, node: found }];
  }
  const nodes = new Set<ProgramDraft>();
  for (const [index, word] of (typeof node === "string" ? [node] : node).entries()) {
    const at = typeof node === "string" ? [...path, "node"] : [...path, "node", index];
    if (word.includes("*")) {
      const pattern = globPattern(word);
      const matching = [...draft.nodes.values()]
        .filter(runsProgramsDraft)
        .filter((candidate) => pattern.test(candidate.name));
      const known = [...draft.nodes.values()].filter(runsProgramsDraft).map((candidate) => candidate.name);
      if (matching.length === 0 && !isExpected(word))
        findings.error("NODE_PATTERN_EMPTY", { pattern: word, known }, at);
      for (const one of matching) nodes.add(one);
    } else {
      const found = machineOf(word, name, at, draft, isExpected, findings);
      if (found !== undefined) nodes.add(found);
    }
  }
  return [...nodes].map((one) => ({ name: `${name}@${one.name}`, node: one }));
}

/** `*` stands for any characters, as in a shell. */
const globPattern = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .replace(/\*+/g, "*")
      .replace(/[.+?^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", "[^]*?")}$`,
    "i",
  );

function machineOf(
  word: string,
  process: string,
  at: Path,
  draft: LabDraft,
  isExpected: (name: string) => boolean,
  findings: Findings,
): ProgramDraft | undefined {
  const node = draft.nodes.get(word);
  if (node === undefined) {
    if (isExpected(word)) return undefined;
    const known = [...draft.nodes.keys()];
    const suggestion = nearest(word, known);
    findings.error(
      "NODE_UNKNOWN",
      { node: word, known, ...(suggestion === undefined ? {} : { nearest: suggestion }) },
      at,
    );
    return undefined;
  }
  if (runsProgramsDraft(node)) return node;
  if (node.kind === "appliance") findings.error("PROCESS_ON_APPLIANCE", { process, node: word }, at);
  else findings.error("PROCESS_ON_SWITCH", { process, node: word }, at);
  return undefined;
}

function resolveOne(
  name: string,
  node: string,
  group: Group,
  groups: ReadonlyMap<string, Group>,
  isKnown: (name: string) => boolean,
  findings: Findings,
): Process {
  const { path } = group;
  const { node: _where, ...rest } = group.definition;
  const definition = fillPlaceholders(rest, { name: node }, path, findings);
  const ready = definition.ready === undefined ? undefined : readiness(definition.ready, [...path, "ready"], findings);
  const directory = definition.directory;
  if (directory !== undefined && directory !== "/") {
    const problem = pathProblem(directory);
    if (problem !== undefined)
      findings.error("PATH_INVALID", { path: directory, what: "The working directory", problem }, [
        ...path,
        "directory",
      ]);
  }
  const own = typeof definition.tags === "string" ? [definition.tags] : (definition.tags ?? []);
  for (const tag of own) {
    if (!processNamePattern.test(tag))
      findings.error("NAME_INVALID", { what: "a tag", name: tag, rule: `Use ${processNameRule}` }, [...path, "tags"]);
  }
  // The name in the file selects all of its processes.
  const base = String(path.at(-1));
  const tags = [...new Set([...(name === base ? [] : [base]), ...own])];
  return {
    name,
    node,
    command: commandOf(definition.command),
    environment: environment([{ data: definition.environment, path: [...path, "environment"] }], findings),
    ...(directory === undefined ? {} : { directory }),
    ...(definition.user === undefined ? {} : { user: String(definition.user) }),
    ...(ready === undefined ? {} : { ready }),
    after: dependencies(definition.after, [...path, "after"], groups, isKnown, findings),
    restart: definition.restart ?? "no",
    tags,
    stopSignal: definition["stop-signal"] ?? defaults.stopSignal,
    graceMs: milliseconds(definition.grace, defaults.graceMs),
  };
}

type Wish = { readonly name: string; readonly condition: Dependency["condition"] | undefined; readonly path: Path };

function wishes(after: Definition["after"], path: Path): readonly Wish[] {
  if (after === undefined) return [];
  if (typeof after === "string") return [{ name: after, condition: undefined, path }];
  if (Array.isArray(after)) return after.map((name, index) => ({ name, condition: undefined, path: [...path, index] }));
  return Object.entries(after).map(([name, condition]) => ({ name, condition, path: [...path, name] }));
}

function dependencies(
  after: Definition["after"],
  path: Path,
  groups: ReadonlyMap<string, Group>,
  isKnown: (name: string) => boolean,
  findings: Findings,
): readonly Dependency[] {
  const result = new Map<string, Dependency>();
  for (const { name, condition, path: at } of wishes(after, path)) {
    const { definition, members } = meant(name, groups);
    if (definition === undefined) {
      if (!isKnown(name)) {
        const known = [...groups.keys()];
        const suggestion = nearest(name, known);
        findings.error(
          "PROCESS_UNKNOWN",
          { process: name, known, ...(suggestion === undefined ? {} : { nearest: suggestion }) },
          at,
          "key",
        );
      }
      continue;
    }
    const hasCheck = definition.ready !== undefined || findings.isTainted(["processes", name, "ready"]);
    if (condition === "ready" && !hasCheck) findings.error("PROCESS_NEVER_READY", { process: name }, at);
    if (condition === "success" && definition.restart === "always")
      findings.error("PROCESS_NEVER_SUCCEEDS", { process: name }, at);
    for (const member of members) {
      result.set(member, { process: member, condition: condition ?? (hasCheck ? "ready" : "started") });
    }
  }
  return [...result.values()];
}

/** A name in `after` is that of a process in the file, all of its processes, or of one of them (`web@h1`). */
function meant(
  name: string,
  groups: ReadonlyMap<string, Group>,
): { readonly definition?: Definition; readonly members: readonly string[] } {
  const group = groups.get(name);
  if (group !== undefined) return { definition: group.definition, members: group.members.map((member) => member.name) };
  const whole = groups.get(name.slice(0, Math.max(0, name.lastIndexOf("@"))));
  const one = whole?.members.find((member) => member.name === name);
  return whole === undefined || one === undefined ? { members: [] } : { definition: whole.definition, members: [name] };
}

/** `web@h1` in the file and `web` on h1. */
function reportDoubles(groups: ReadonlyMap<string, Group>, findings: Findings): void {
  const owners = new Map<string, string>();
  for (const [base, { members, path }] of groups) {
    for (const { name } of members) {
      const owner = owners.get(name);
      if (owner !== undefined)
        findings.error("NAME_TAKEN", { name, what: `Process ${base}`, by: `process ${owner}` }, path, "key");
      owners.set(name, base);
    }
  }
}

/** The program of an image has its node's name, where no process of that node has it. */
function reportImageDoubles(groups: ReadonlyMap<string, Group>, draft: LabDraft, findings: Findings): void {
  for (const [base, { members, path }] of groups) {
    for (const { name, node } of members) {
      const other = draft.nodes.get(name);
      if (other === undefined || other === node || !runsProgramsDraft(other)) continue;
      const { image } = other.settings;
      if (image !== undefined && image.command !== "none")
        findings.error(
          "NAME_TAKEN",
          { name, what: `Process ${base}`, by: `the program of the image of node ${name}` },
          path,
          "key",
        );
    }
  }
}

/** Reports each circle of `after` once, by the names in the file. */
function reportCycles(groups: ReadonlyMap<string, Group>, findings: Findings): void {
  const baseOf = new Map(
    [...groups].flatMap(([base, { members }]) => [
      [base, base] as const,
      ...members.map(({ name }) => [name, base] as const),
    ]),
  );
  const done = new Set<string>();
  for (const first of groups.keys()) {
    if (done.has(first)) continue;
    const trail: string[] = [first];
    const onTrail = new Set(trail);
    const pending: string[][] = [nextOf(first)];
    while (trail.length > 0) {
      const next = pending.at(-1)?.pop();
      if (next === undefined) {
        const left = trail.pop() as string;
        onTrail.delete(left);
        done.add(left);
        pending.pop();
        continue;
      }
      if (onTrail.has(next)) {
        const cycle = trail.slice(trail.indexOf(next));
        findings.error("PROCESS_CYCLE", { cycle }, ["processes", cycle[0] as string, "after"]);
      } else if (!done.has(next)) {
        trail.push(next);
        onTrail.add(next);
        pending.push(nextOf(next));
      }
    }
  }

  function nextOf(base: string): string[] {
    const after = groups.get(base)?.definition.after;
    return wishes(after, [])
      .flatMap(({ name }) => baseOf.get(name) ?? [])
      .reverse();
  }
}
