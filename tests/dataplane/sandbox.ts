import { runInNamespaces } from "../namespaces.ts";

/** Runs a scenario of tests/dataplane/programs in namespaces of its own, and returns what it reports. */
export const runScenario = <T>(program: string, scenario: string, ...parameters: string[]): Promise<T> =>
  runInNamespaces(new URL(`programs/${program}.ts`, import.meta.url), [scenario, ...parameters], 120_000);
