import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { FaultReport, FaultsStatus } from "../../src/client/index.ts";
import { finished, Netwright, twoHosts } from "./netwright.ts";

const chaos = `steps:
  - { at: 100ms..300ms, every: 50ms..150ms, times: 3, do: link down h1 h2, for: 20ms }
  - { at: 800ms, do: partition isolate h1 }
`;

describe("netwright faults", () => {
  it("prints a timeline without a lab that runs, the same with the same seed, and does nothing", async () => {
    await using netwright = await Netwright.open({
      "lab.yaml": `${twoHosts}variables: {victim: h2}\nfaults: {steps: [{at: 2s, do: "node kill \${victim}", for: 1s}]}\n`,
      "chaos.yaml": chaos,
    });
    const first = await netwright.ok("faults", "run", "chaos.yaml", "--dry-run", "--seed", "7");
    expect(first.split("\n")).toHaveLength(8);
    expect(first).toMatch(/^(\s*\d+ms {2}link (down|up) h1:eth0 h2:eth0\n){6}800ms {2}partition isolate h1\n$/);
    expect(await netwright.ok("faults", "run", "chaos.yaml", "--dry-run", "--seed", "7")).toBe(first);
    expect(await netwright.ok("faults", "run", "chaos.yaml", "--dry-run", "--seed", "8")).not.toBe(first);
    expect(await netwright.ok("faults", "run", "--dry-run")).toBe("2s  node kill h2\n3s  node start h2\n");
    expect(await netwright.ok("faults", "run", "--dry-run", "--set", "victim=h1")).toContain("node kill h1");
    const { exitCode, stderr } = await netwright.call(["faults", "run", "chaos.yaml", "--dry-run"]);
    const drawn = /drawn with seed (\d+)/.exec(stderr)?.[1] ?? "";
    expect(exitCode).toBe(0);
    const json = JSON.parse(await netwright.ok("faults", "run", "chaos.yaml", "--dry-run", "--seed", drawn, "--json"));
    expect(json).toMatchObject({ seed: Number(drawn), timeline: { length: 7 } });
    expect(json.timeline[6]).toEqual({
      atMs: 800,
      action: "partition isolate h1",
      do: "partition isolate h1",
      step: 1,
    });
    expect(await netwright.ok("ps", "--json")).toContain('"labs": []');
  });

  it("runs a file, writes its log, runs that, says what is in force, and heals it", async () => {
    await using netwright = await Netwright.open({ "lab.yaml": twoHosts, "chaos.yaml": chaos });
    await netwright.ok("up", "-q", "--seed", "42");
    const one = await netwright.call(["faults", "run", "chaos.yaml", "--log", "one.yaml"]);
    expect(one.exitCode).toBe(0);
    expect(one.stdout).toMatch(/^( +\d+ms {2}link (down|up) h1:eth0 h2:eth0\n){6} +800ms {2}partition isolate h1\n$/);
    expect(one.stderr).toMatch(
      /^Run 1 of faults: chaos\.yaml, 7 to do, seed 42\.\nRun 1 ended in success: 7 of 7 done/,
    );
    expect(one.stderr).toContain("Still in force, until:\n  partition heal\n");
    const preview = await netwright.ok("faults", "run", "chaos.yaml", "--dry-run");
    const words = (text: string) => text.split("\n").map((line) => line.trim());
    expect(words(one.stdout)).toEqual(words(preview));

    const log = readFileSync(join(netwright.folder, "one.yaml"), "utf8");
    const kept = JSON.parse(await netwright.ok("faults", "status", "--json")) as FaultsStatus;
    expect(readFileSync(kept.runs[0]?.log ?? "", "utf8")).toBe(log);
    const two = await netwright.ok("faults", "run", "one.yaml", "--log", "two.yaml", "--json");
    const reports = two
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as FaultReport);
    expect(reports.map(({ type }) => type)).toEqual(["started", ...Array(7).fill("done"), "ended"]);
    expect(readFileSync(join(netwright.folder, "two.yaml"), "utf8")).toBe(log);

    expect(await netwright.ok("faults", "status")).toMatch(
      /^RUN +FAULTS OF +STATE .*\n +1 +chaos\.yaml +success .*\n +2 +one\.yaml +success (.*\n)+Still in force, until:\n {2}partition heal\n/,
    );
    expect(await netwright.call(["faults", "stop", "--heal"])).toMatchObject({
      exitCode: 0,
      stderr: "Done: partition heal\n",
    });
    expect(await netwright.ok("partition")).toBe("heal\n");
    expect(await netwright.call(["faults", "stop"])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('No faults are being run in lab "two"'),
    });
  });

  it("tells what is wrong in a file with its place, and changes nothing", async () => {
    await using netwright = await Netwright.open({
      "lab.yaml": twoHosts,
      "bad.yaml": "steps:\n  - { do: link down h1 h2 }\n  - { at: 5s, do: node kill h3 }\n",
    });
    await netwright.ok("up", "-q");
    for (const dry of [[], ["--dry-run"]]) {
      expect(await netwright.call(["faults", "run", "bad.yaml", ...dry])).toMatchObject({
        exitCode: 2,
        stdout: "",
        stderr:
          'bad.yaml:3:19  Lab "two" has no node "h3".\n    3 |   - { at: 5s, do: node kill h3 }\n      |                   ^^^^^^^^^^^^\nDid you mean "h1"?\n',
      });
    }
    const { exitCode, stdout } = await netwright.call(["faults", "run", "bad.yaml", "--json"]);
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ errors: [{ code: "NODE_NOT_FOUND", at: { line: 3 } }] });
    expect(await netwright.ok("link", "ls")).toContain("up");
    expect(await netwright.call(["faults", "run", "none.yaml"])).toMatchObject({
      exitCode: 2,
      stderr: "Error: Cannot read none.yaml: there is no such file.\n",
    });
    expect(await netwright.call(["faults", "run"])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("has no faults"),
    });
    expect(await netwright.call(["faults", "run", "bad.yaml", "--detach", "--log", "x"])).toMatchObject({
      exitCode: 2,
    });
    expect(await netwright.call(["faults", "status"])).toMatchObject({
      exitCode: 0,
      stderr: "No faults have been run in lab two.\n",
    });
  });

  it("has an exit code that says whether all was done", async () => {
    await using netwright = await Netwright.open({ "lab.yaml": twoHosts });
    await netwright.ok("up", "-q");
    netwright.write({ "late.yaml": "steps:\n  - { do: node stop h1 }\n  - { at: 20s, do: link down h1 h2 }\n" });
    const run = netwright.spawn(["faults", "run", "late.yaml"]);
    const result = finished(run);
    if (run.stdout === null) throw new TypeError("its output is a pipe");
    await once(run.stdout, "data");
    // The link goes away under the run.
    netwright.write({ "lab.yaml": "name: two\nnodes: {h1: {}, h2: {}}\n" });
    await netwright.ok("apply", "-q");
    expect(await result).toMatchObject({
      exitCode: 1,
      stdout: expect.stringMatching(/ 20s {2}link down h1:eth0 h2:eth0 {2}failed: Lab "two" has no link/),
      stderr: expect.stringContaining("Run 1 ended in failure: 1 of 2 done, 1 failed"),
    });
  });

  it("goes on in the lab with --detach, and ends with Ctrl-C without", async () => {
    await using netwright = await Netwright.open({
      "lab.yaml": twoHosts,
      "long.yaml": "steps: [{do: link down h1 h2}, {at: 1h, do: link up h1 h2}]",
    });
    await netwright.ok("up", "-q");
    expect(await netwright.call(["faults", "run", "long.yaml", "-d"])).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(/^Run 1 of faults: long\.yaml, 2 to do, seed \d+\. Its log: \S+faults-1\.yaml\n$/),
    });
    expect(await netwright.ok("faults", "status")).toMatch(/\nNext, in 35\d\d+m?s: link up h1:eth0 h2:eth0\n/);
    expect(await netwright.call(["faults", "run", "long.yaml"])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("one schedule runs at a time"),
    });
    expect(await netwright.call(["faults", "stop"])).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(
        /^Run 1 \(long\.yaml\) is stopped: 1 of 2 done\.\nStill in force, until:\n {2}link up/,
      ),
    });
    const run = netwright.spawn(["faults", "run", "long.yaml"]);
    const result = finished(run);
    if (run.stdout === null) throw new TypeError("its output is a pipe");
    await once(run.stdout, "data");
    run.kill("SIGINT");
    expect(await result).toMatchObject({
      exitCode: 130,
      stderr: expect.stringContaining("Run 2 was stopped: 1 of 2 done"),
    });
  });
});
