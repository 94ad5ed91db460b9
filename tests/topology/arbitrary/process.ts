import fc from "fast-check";
import type { Process, ReadinessCheck } from "../../../src/topology/model.ts";
import { command, environment, NODE_NAMES, sometimes, word } from "./values.ts";

const check: fc.Arbitrary<ReadinessCheck> = fc.oneof(
  fc.record({ type: fc.constantFrom("tcp" as const, "udp" as const), port: fc.integer({ min: 1, max: 65535 }) }),
  fc.record({ type: fc.constant("command" as const), command }),
  fc.record({ type: fc.constant("log" as const), pattern: fc.constantFrom("ready", "^listening on .*: \\d+$") }),
  fc.record({ type: fc.constant("file" as const), path: fc.constantFrom("/run/ready", "/tmp/a b") }),
);

export function process(name: string): fc.Arbitrary<Process> {
  return fc
    .record({
      name: fc.constant(name),
      node: fc.constantFrom(...NODE_NAMES),
      command,
      environment: sometimes(environment, {}),
      directory: fc.option(fc.constantFrom("/srv", "/tmp/a b"), { nil: undefined }),
      user: fc.option(fc.constantFrom("nobody", "1000", "1000:1000"), { nil: undefined }),
      ready: fc.option(
        fc.record({
          intervalMs: fc.constantFrom(50, 1000),
          timeoutMs: fc.constantFrom(1500, 30_000),
          check,
        }),
        { nil: undefined },
      ),
      after: fc.uniqueArray(
        fc.record({
          process: fc.constantFrom(...PROCESS_NAMES.filter((other) => other !== name)),
          condition: fc.constantFrom("started" as const, "ready" as const, "success" as const),
        }),
        { maxLength: 2, selector: (dependency) => dependency.process },
      ),
      restart: fc.constantFrom("no" as const, "on-failure" as const, "always" as const),
      tags: fc.uniqueArray(word, { maxLength: 2 }),
      stopSignal: fc.constantFrom("SIGTERM", "SIGINT"),
      graceMs: fc.constantFrom(0, 250, 10_000),
    })
    .map(({ directory, user, ready, ...rest }) => ({
      ...rest,
      ...(directory === undefined ? {} : { directory }),
      ...(user === undefined ? {} : { user }),
      ...(ready === undefined ? {} : { ready }),
    }));
}

export const PROCESS_NAMES = ["server", "client", "probe-1", "z"] as const;
