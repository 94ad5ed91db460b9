import fc from "fast-check";
import type { Command, NodeFile } from "../../../src/topology/model.ts";

export const LAB_NAME = "lab";
export const NODE_NAMES = ["a", "b1", "core-3", "d", "e5", "f"] as const;
/** In the order in which the resolver puts them. */
export const PORTS = ["eth0", "eth1", "eth2.7", "wan"] as const;
export const MODES = ["keep", "stop-on-failure", "wait-all-successful"] as const;

export const text = fc.string({
  unit: fc.constantFrom(..."ab z09_-=:,#'\"\\$%&{}[]|>!?*\n\täß→\u{1f600}"),
  maxLength: 12,
});
export const word = fc.stringMatching(/^[a-z][a-z0-9_]{0,7}$/);
export const commandText = text.filter((value) => value.trim() !== "");

export const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ argv: fc.tuple(commandText, fc.array(text, { maxLength: 3 })).map(([head, tail]) => [head, ...tail]) }),
  fc.record({ shell: commandText }),
);

export const environment = fc.dictionary(fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,5}$/), text, {
  maxKeys: 3,
  noNullPrototype: true,
});

export const file: fc.Arbitrary<NodeFile> = fc.record({
  path: fc.constantFrom("/etc/motd", "/srv/a b/c", "/etc/ßtrange: #1"),
  contentBase64: fc
    .oneof(
      fc.string().map((value) => Buffer.from(value)),
      fc.uint8Array({ maxLength: 24 }),
    )
    .map((bytes) => Buffer.from(bytes).toString("base64")),
  mode: fc.constantFrom(0o644, 0o600, 0o755),
});

/** Mostly the plain value, so that most nodes stay small. */
export function sometimes<T>(arbitrary: fc.Arbitrary<T>, plain: T): fc.Arbitrary<T> {
  return fc.oneof({ weight: 3, arbitrary: fc.constant(plain) }, { weight: 1, arbitrary });
}
