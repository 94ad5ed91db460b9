import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { Netwright, twoHosts } from "./netwright.ts";
import { callUi, type Lab, spawnUi, Ui } from "./ui-server.ts";

/** One person's labs, by the command line and in the pages, whose server is another process. */

const namesOf = (labs: readonly Lab[]) => labs.map(({ name, state }) => `${name} ${state}`);

describe("netwright ui", () => {
  it("signs in by a link that is good for once, and is reached by its own names only", async () => {
    await using netwright = await Netwright.open();
    await using ui = await Ui.start(netwright);
    expect(ui.link.hostname).toBe("127.0.0.1");
    await expect.poll(() => ui.said.join("")).toMatch(/signs in once, within ten minutes/);
    expect((await ui.call("GET", "/session")).status).toBe(401);
    expect((await ui.call("GET", "/session/ways")).body).toEqual({ ways: ["link"] });
    expect((await ui.call("POST", "/session", { name: "x", password: "y" })).status).toBe(401);
    // Not counted as a use of the link: nothing but the right secret is.
    expect((await ui.call("POST", "/session/link", { secret: "guessed" })).body.code).toBe("SIGN_IN_LINK_SPENT");
    const foreign = { origin: "http://evil.example" };
    expect((await ui.call("POST", "/session/link", { secret: ui.link.hash.slice(1) }, foreign)).status).toBe(403);
    const signedIn = await ui.signIn();
    expect(signedIn.status).toBe(201);
    expect(signedIn.headers.getSetCookie()[0]).toMatch(/^netwright-own=.*; HttpOnly; SameSite=Strict/);
    expect((await ui.call("GET", "/projects")).body.items).toMatchObject([{ name: "local", role: "admin" }]);
    expect((await ui.signIn()).body).toMatchObject({
      code: "SIGN_IN_LINK_SPENT",
      remedy: expect.stringMatching(
        /^For a new one, run again: NETWRIGHT_RUNTIME_DIR=\S+ NETWRIGHT_STATE_DIR=\S+ netwright ui$/,
      ),
    });
    // A page of somebody else's whose name was made to lead here.
    const rebound = await ui.call("GET", "/projects", undefined, { host: `evil.example:${ui.link.port}` });
    expect([rebound.status, rebound.body.code]).toEqual([421, "HOST_NOT_SERVED"]);
    expect((await ui.call("GET", "/projects", undefined, { host: `localhost:${ui.link.port}` })).status).toBe(200);

    // A second one says where the first is.
    const again = await callUi(netwright);
    expect(again).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("It runs already, as process") });
    const other = new URL(again.stdout.trim());
    expect([other.port, other.hash === ui.link.hash]).toEqual([ui.link.port, false]);
    expect((await ui.signIn(other)).status).toBe(201);
    expect(await netwright.call(["ui", "--port", "0"])).toMatchObject({ exitCode: 2 });

    // Neither the audit log nor anything else that it keeps has a secret of a link.
    const audit = (await ui.call("GET", "/audit")).body.items as object[];
    expect(audit.length).toBeGreaterThan(0);
    await ui.end();
    const kept = readFileSync(join(netwright.state, ".ui/netwright.db"), "latin1");
    for (const secret of [ui.link.hash.slice(1), other.hash.slice(1)]) {
      expect(kept + ui.said.join("") + JSON.stringify(audit)).not.toContain(secret);
    }
    expect(existsSync(join(netwright.runtime, ".ui"))).toBe(false);
  });

  it("shows labs of the command line, and the command line those of the pages", async () => {
    await using netwright = await Netwright.open({ "lab.yaml": `# two of them\n${twoHosts}` });
    await netwright.ok("up");
    {
      await using ui = await Ui.start(netwright);
      await ui.signIn();
      expect(namesOf(await ui.labs((labs) => labs.length > 0))).toEqual(["two running"]);
      // As its author wrote it.
      const { body } = await ui.call("GET", "/projects/local/labs/two/text");
      expect(body.text).toMatch(/^# two of them\nname: two/);
      const detail = await ui.call("GET", "/projects/local/labs/two/lab");
      expect(detail.body.nodeStatus.map((node: { name: string }) => node.name)).toEqual(["h1", "h2"]);

      // One's own labs may have what is one's own.
      netwright.write({ "shared/note": "mine" });
      const mounted = `nodes: {h1: {mounts: [{source: ${netwright.folder}/shared, target: /shared}]}}`;
      const asked = await ui.call("POST", "/projects/local/labs", { name: "drawn", text: mounted });
      expect([asked.status, asked.body.code]).toEqual([202, undefined]);
      await ui.labs((labs) => labs.some(({ name, state }) => name === "drawn" && state === "running"));
      expect((await netwright.ok("ps")).split("\n").map((line) => line.split(" ")[0])).toContain("drawn");
      expect(await netwright.ok("exec", "-n", "drawn", "h1", "--", "cat", "/shared/note")).toBe("mine");
      const taken = await ui.call("POST", "/projects/local/labs", { name: "two", text: "nodes: {h1: {}}" });
      expect([taken.status, taken.body.code]).toEqual([409, "NAME_IN_USE"]);

      // Changed outside, ended outside: the pages know.
      netwright.write({ "lab.yaml": twoHosts.replace("h2: {}}", "h2: {}, h3: {}}") });
      await netwright.ok("apply");
      await ui.labs((labs) => labs.some(({ name, nodes }) => name === "two" && nodes === 3));
      await netwright.ok("down", "-n", "drawn");
      expect(namesOf(await ui.labs((labs) => !namesOf(labs).includes("drawn running")))).toEqual([
        "drawn stopped",
        "two running",
      ]);
      // And one that was stopped here goes on there.
      expect((await ui.call("POST", "/projects/local/labs/two/stop")).body.state).toBe("stopped");
      expect((await netwright.call(["ps", "--json"])).stdout).toContain('"labs": []');
      await netwright.ok("up");
      await ui.labs((labs) => namesOf(labs).includes("two running"));
    }
    // Labs go on without it; what ended meanwhile is known at once.
    expect(await netwright.ok("ps")).toContain("two");
    await netwright.ok("down");
    await netwright.ok("up", "-n", "Second-1");
    await using ui = await Ui.start(netwright);
    await ui.signIn();
    expect(namesOf(await ui.labs(() => true))).toEqual(["Second-1 running", "drawn stopped", "two stopped"]);
    expect((await ui.call("DELETE", "/projects/local/labs/Second-1")).status).toBe(204);
    expect((await netwright.call(["ps", "--json"])).stdout).toContain('"labs": []');
  });

  it("gets over a server that was killed, and says what is in its way", async () => {
    await using netwright = await Netwright.open();
    const killed = spawnUi(netwright);
    await once(killed.stdout ?? killed, "data");
    const exit = once(killed, "exit");
    killed.kill("SIGKILL");
    await exit;
    const left = join(netwright.runtime, ".ui");
    expect(existsSync(left)).toBe(true);
    expect((await netwright.call(["gc"])).exitCode).toBe(0);
    expect(existsSync(left)).toBe(false);
    const again = spawnUi(netwright);
    await once(again.stdout ?? again, "data");
    again.kill("SIGKILL");
    await once(again, "exit");
    // And nobody has to tidy up.
    await using ui = await Ui.start(netwright);
    expect((await ui.signIn()).status).toBe(201);
    await using elsewhere = await Netwright.open();
    expect(await callUi(elsewhere, "--port", ui.link.port)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/cannot listen at 127\.0\.0\.1:\d+: something else does/),
    });
    // One that it cannot read is no reason to make it anew.
    await ui.end();
    const file = join(netwright.state, ".ui/netwright.db");
    new DatabaseSync(file).exec("pragma wal_checkpoint(truncate); drop table kysely_migration");
    expect(await callUi(netwright)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("cannot be used"),
    });
    expect(existsSync(join(netwright.runtime, ".ui"))).toBe(false);
  });
});
