import { describe, expect, test } from "vitest";
import { codesOf, errorsOf, load } from "./lab-text.ts";

const nodes = "nodes: {h1: , h2: , r1: {kind: router}, s1: {kind: switch}}\n";
const processes = (text: string) => load(`${nodes}processes:\n  ${text.replaceAll("\n", "\n  ")}`).processes;

test("has sensible defaults", () => {
  expect(processes("web: {node: h1, command: [sleep, 5]}")).toEqual([
    {
      name: "web",
      node: "h1",
      command: { argv: ["sleep", "5"] },
      environment: {},
      after: [],
      restart: "no",
      tags: [],
      stopSignal: "SIGTERM",
      graceMs: 10_000,
    },
  ]);
});

test("takes everything it can be told", () => {
  const text = `
web:
  node: h1
  command: {shell: "a | b"}
  environment: {PORT: 80, DEBUG: true}
  directory: /srv
  user: 1000
  ready: {tcp: 80, interval: 1s, timeout: 1.5m}
  restart: on-failure
  tags: front
  stop-signal: SIGINT
  grace: 500ms`;
  expect(processes(text.trim())).toEqual([
    {
      name: "web",
      node: "h1",
      command: { shell: "a | b" },
      environment: { PORT: "80", DEBUG: "true" },
      directory: "/srv",
      user: "1000",
      ready: { intervalMs: 1000, timeoutMs: 90_000, check: { type: "tcp", port: 80 } },
      after: [],
      restart: "on-failure",
      tags: ["front"],
      stopSignal: "SIGINT",
      graceMs: 500,
    },
  ]);
});

test.each([
  ["{tcp: 1}", { type: "tcp", port: 1 }],
  ["{udp: 53}", { type: "udp", port: 53 }],
  ["{command: [true]}", { type: "command", command: { argv: ["true"] } }],
  ["{log: '^ready \\d+$'}", { type: "log", pattern: "^ready \\d+$" }],
  ["{file: /run/x}", { type: "file", path: "/run/x" }],
])("ready: %s", (ready, check) => {
  expect(processes(`a: {node: h1, command: [x], ready: ${ready.replace("[true]", '["true"]')}}`)[0]?.ready).toEqual({
    intervalMs: 200,
    timeoutMs: 30_000,
    check,
  });
});

describe("after", () => {
  const afterOf = (after: string) =>
    processes(
      `a: {node: h1, command: [x], ready: {tcp: 1}}\nb: {node: h1, command: [x]}\nc: {node: h1, command: [x], after: ${after}}`,
    ).at(-1)?.after;

  test.each([
    ["a", [["a", "ready"]]],
    ["b", [["b", "started"]]],
    [
      "[a, b]",
      [
        ["a", "ready"],
        ["b", "started"],
      ],
    ],
    [
      "{a: started, b: success}",
      [
        ["a", "started"],
        ["b", "success"],
      ],
    ],
  ])("%s", (after, expected) => {
    expect(afterOf(after)).toEqual(expected.map(([process, condition]) => ({ process, condition })));
  });
});

describe("on several nodes", () => {
  test("is one process on each, which the name selects", () => {
    const all = processes(
      'web: {node: [h1, "r*"], command: [echo, "${node.name}"]}\nclient: {node: "h*", command: [x], after: web}\nlast: {node: h2, command: [x], after: web@r1}',
    );
    expect(
      all.map(({ name, node, tags, command, after }) => ({
        name,
        node,
        tags,
        command,
        after: after.map(({ process }) => process),
      })),
    ).toEqual([
      { name: "web@h1", node: "h1", tags: ["web"], command: { argv: ["echo", "h1"] }, after: [] },
      { name: "web@r1", node: "r1", tags: ["web"], command: { argv: ["echo", "r1"] }, after: [] },
      { name: "client@h1", node: "h1", tags: ["client"], command: { argv: ["x"] }, after: ["web@h1", "web@r1"] },
      { name: "client@h2", node: "h2", tags: ["client"], command: { argv: ["x"] }, after: ["web@h1", "web@r1"] },
      { name: "last", node: "h2", tags: [], command: { argv: ["x"] }, after: ["web@r1"] },
    ]);
  });

  test("patterns never match switches, and each node once", () => {
    expect(processes('p: {node: ["*", h1], command: [x]}').map(({ node }) => node)).toEqual(["h1", "h2", "r1"]);
  });
});

describe("mistakes", () => {
  test.each([
    ["a: {node: h3, command: [x]}", ["NODE_UNKNOWN"]],
    ["a: {node: s1, command: [x]}", ["PROCESS_ON_SWITCH"]],
    ['a: {node: "x*", command: [x]}', ["NODE_PATTERN_EMPTY"]],
    ["a: {node: h1, command: x y}", ["COMMAND_IS_TEXT"]],
    ["a: {node: h1, command: []}", ["WRONG_VALUE"]],
    ["a: {node: h1}", ["MISSING_KEY"]],
    ["a: {node: h1, command: [x], directory: srv}", ["PATH_INVALID"]],
    ["a: {node: h1, command: [x], ready: {}}", ["READY_FORM"]],
    ["a: {node: h1, command: [x], ready: {tcp: 1, udp: 2}}", ["READY_FORM"]],
    ["a: {node: h1, command: [x], ready: {log: '('}}", ["PATTERN_INVALID"]],
    ["a: {node: h1, command: [x], ready: {tcp: 0}}", ["WRONG_VALUE"]],
    ["a: {node: h1, command: [x], ready: {tcp: 80, timeout: 10}}", ["WRONG_VALUE"]],
    ["a: {node: h1, command: [x], grace: soon}", ["WRONG_VALUE"]],
    ["a: {node: h1, command: [x], restart: allways}", ["BAD_CHOICE"]],
    ["a: {node: h1, command: [x], stop-signal: INT}", ["BAD_CHOICE"]],
    ["a: {node: h1, command: [x], after: b}", ["PROCESS_UNKNOWN"]],
    ["a: {node: h1, command: [x], after: a}", ["PROCESS_CYCLE"]],
    ["a b: {node: h1, command: [x]}", ["NAME_INVALID"]],
    ["a: {node: h1, command: [x], tags: [a b]}", ["NAME_INVALID"]],
    ["a: {node: h1, command: [x], environment: {A=B: 1}}", ["NAME_INVALID"]],
    ["a: {node: h1, command: [x]}\nb: {node: h1, command: [x], after: {a: ready}}", ["PROCESS_NEVER_READY"]],
    [
      "a: {node: h1, command: [x], restart: always}\nb: {node: h1, command: [x], after: {a: success}}",
      ["PROCESS_NEVER_SUCCEEDS"],
    ],
    ["a: {node: [h1], command: [x]}\na@h1: {node: h1, command: [x]}", ["NAME_TAKEN"]],
  ])("%s: %j", (text, codes) => {
    expect(codesOf(`${nodes}processes:\n  ${text.replaceAll("\n", "\n  ")}`)).toEqual(codes);
  });

  test("a circle is told once, with its way", () => {
    const text = ["a", "b", "c", "d"]
      .map((name, index) => `  ${name}: {node: h1, command: [x], after: [${"bcab"[index]}]}`)
      .join("\n");
    expect(errorsOf(`${nodes}processes:\n${text}`)).toMatchObject([
      { code: "PROCESS_CYCLE", message: "These processes wait for each other: a → b → c → a." },
    ]);
  });

  test("a long chain is no circle and no stack overflow", () => {
    const chain = Array.from(
      { length: 5000 },
      (_, index) => `  p${index}: {node: h1, command: [x]${index === 0 ? "" : `, after: p${index - 1}`}}`,
    );
    expect(load(`${nodes}processes:\n${chain.join("\n")}`).processes).toHaveLength(5000);
  });

  test("after a wrong process are not wrong as well", () => {
    expect(codesOf(`${nodes}processes:\n  a: {node: h1, command: x}\n  b: {node: h1, command: [x], after: a}`)).toEqual(
      ["COMMAND_IS_TEXT"],
    );
    expect(codesOf("nodes: {h1: 5}\nprocesses: {a: {node: h1, command: [x]}}")).toEqual(["WRONG_VALUE"]);
  });
});
