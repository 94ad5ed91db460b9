import { missingForGuest } from "../guest/missing.ts";
import { closedTun } from "../kernel/tun.ts";
import { runInNamespaces } from "../namespaces.ts";
import { testGuest } from "./guest-image.ts";

/** Why there can be no virtual machine with NICs here; undefined when there can. */
export function missingForVm(): string | undefined {
  return missingForGuest() ?? closedTun();
}

/** Runs a scenario of tests/vm/programs in namespaces of its own, and returns what it reports. */
export function runScenario<T>(program: string, scenario: string): Promise<T> {
  // Here: where the checkout is another user's, root of a sandbox may not write in it.
  testGuest();
  return runInNamespaces(new URL(`programs/${program}.ts`, import.meta.url), [scenario], 180_000);
}
