import { labTest } from "../../../src/testing/node-test.ts";

const source = { name: "failing", nodes: { h1: { interfaces: { eth0: ["10.0.0.1/24"] } } } };

labTest("passes, and leaves nothing", source, async (lab) => {
  await lab.node("h1").exec(["true"]);
});

labTest("fails", source, async (lab) => {
  await lab.node("h1").exec(["echo", "seen"]);
  throw new Error("this is meant to fail");
});
