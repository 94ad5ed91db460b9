import { entry } from "../entry.ts";
import { didYouMean, listed } from "./wording.ts";

/** Errors of form: keys, types, choices, ranges, names. */
export const schemaErrors = {
  UNKNOWN_KEY: entry<{ key: string; where: string; nearest?: string; allowed: readonly string[]; belongsTo?: string }>({
    exitCode: 2,
    message: ({ key, where }) => `${where} has no "${key}".`,
    remedy: ({ key, nearest, allowed, belongsTo }) =>
      belongsTo !== undefined ? `"${key}" belongs to ${belongsTo}.` : didYouMean(nearest, allowed, "keys"),
  }),
  MISSING_KEY: entry<{ key: string; where: string; expected: string }>({
    exitCode: 2,
    message: ({ key, where }) => `${where} needs "${key}".`,
    remedy: ({ key, expected }) => `Add ${key}: ${expected}.`,
  }),
  WRONG_VALUE: entry<{ what: string; actual: string; expected: string; hint?: string }>({
    exitCode: 2,
    message: ({ what, actual }) => `${what} cannot be ${actual}.`,
    remedy: ({ expected, hint }) => `It takes ${expected}.${hint === undefined ? "" : ` ${hint}`}`,
  }),
  BAD_CHOICE: entry<{ what: string; actual: string; choices: readonly string[]; nearest?: string }>({
    exitCode: 2,
    message: ({ what, actual }) => `${what} cannot be ${actual}.`,
    remedy: ({ choices, nearest }) =>
      nearest === undefined
        ? `It is one of ${choices.join(", ")}.`
        : `Did you mean "${nearest}"? It is one of ${choices.join(", ")}.`,
  }),
  NAME_INVALID: entry<{ what: string; name: string; rule: string }>({
    exitCode: 2,
    message: ({ what, name }) => `"${name}" cannot be the name of ${what}.`,
    remedy: ({ rule }) => `${rule}.`,
  }),
  NAME_TAKEN: entry<{ name: string; what: string; by: string; byCase?: boolean; remedy?: string }>({
    exitCode: 2,
    message: ({ name, what, by, byCase }) =>
      `${what} cannot be called "${name}": ${by} is${byCase ? ", and host names do not tell capitals apart" : ""}.`,
    remedy: ({ remedy }) => remedy ?? "Give one of the two another name.",
  }),
  INTERFACE_NAME_INVALID: entry<{ name: string; problem: string }>({
    exitCode: 2,
    message: ({ name, problem }) => `"${name}" cannot be the name of an interface: ${problem}.`,
    remedy: () => "Use a short word such as eth0: at most 15 bytes, no white space, no slash.",
  }),
  NODE_UNKNOWN: entry<{ node: string; nearest?: string; known: readonly string[] }>({
    exitCode: 2,
    message: ({ node }) => `There is no node "${node}".`,
    remedy: ({ node, nearest, known }) =>
      nearest !== undefined
        ? `Did you mean "${nearest}"? A new one goes under nodes: (a line "${node}:" is enough).`
        : `Add it under nodes: (a line "${node}:" is enough)${known.length === 0 ? "." : `, or name one of ${listed(known)}.`}`,
  }),
  INTERFACE_UNKNOWN: entry<{ node: string; interface: string; nearest?: string; known: readonly string[] }>({
    exitCode: 2,
    message: ({ node, interface: name }) => `${node} has no interface "${name}".`,
    remedy: ({ interface: name, nearest, known }) =>
      known.length === 0 ? `Add it to the node: interfaces: {${name}: }.` : didYouMean(nearest, known, "interfaces"),
  }),
} as const;
