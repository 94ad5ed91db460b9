import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { pair, RunningLab } from "../lab/running-lab.ts";

/* What a regular user's labs do, root's do too. */
import "../lab/exec.test.ts";
import "../lab/isolation.test.ts";
import "../lab/network.test.ts";

it("runs nothing of a lab with root's own ids or privileges", async () => {
  await using running = await RunningLab.up(pair("subordinate"));
  await running.sh("h1", "sleep 100 >/dev/null 2>&1 &");
  const { supervisorPid } = await running.client.summary();
  const status = (pid: number | "self") => readFileSync(`/proc/${pid}/status`, "utf8");
  const uids = /^Uid:\s+(\d+)\s+(\d+)/m.exec(status(supervisorPid));
  expect(Number(uids?.[1])).toBeGreaterThan(65_535);
  expect(uids?.[1]).toBe(uids?.[2]);
  // Another user namespace: what it may do there, it may not do here (user_namespaces(7)).
  expect(readFileSync(`/proc/${supervisorPid}/uid_map`, "utf8").trim().split(/\s+/)[1]).toBe(uids?.[1]);
});
