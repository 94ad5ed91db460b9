import { runInNamespaces } from "../namespaces.ts";

/** Runs a scenario of tests/kernel/programs in namespaces of its own, and returns what it reports. */
export const runScenario = <T>(program: string, scenario: string): Promise<T> =>
  runInNamespaces(new URL(`programs/${program}.ts`, import.meta.url), [scenario]);
