import { expect } from "vitest";
import { labTest } from "../../../src/testing/vitest.ts";

const test = labTest({ name: "failing", nodes: { h1: { interfaces: { eth0: ["10.0.0.1/24"] } } } });

test("passes, and leaves nothing", async ({ lab }) => {
  await lab.node("h1").exec(["true"]);
});

test("fails", async ({ lab }) => {
  await lab.node("h1").exec(["echo", "seen"]);
  expect("this is", "this is meant to fail").toBe("not this");
});
