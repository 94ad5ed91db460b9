import { labTest } from "../../../src/testing/vitest.ts";

const test = labTest({ name: "shared", nodes: { h1: {} } }, { scope: "file" });

test("passes in a shared lab, though it takes longer than Vitest lets tests take", async ({ lab }) => {
  await lab.node("h1").exec(["sleep", "6"]);
});

test("fails in a shared lab", async ({ lab }) => {
  await lab.node("h1").exec(["sh", "-c", "echo first >/tmp/file"]);
  throw new Error("this is meant to fail, too");
});

test("passes after it, in the same lab", async ({ lab }) => {
  await lab.node("h1").exec(["grep", "first", "/tmp/file"]);
});

const broken = labTest({ name: "broken", nodes: { h1: { startup: [["no-such-command"]] } } });

broken("never begins", async ({ lab }) => {
  await lab.node("h1").exec(["true"]);
});
