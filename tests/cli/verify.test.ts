import { describe, expect, it } from "vitest";
import { Netwright } from "./netwright.ts";

const impaired = (impairment: string) => `name: verified
nodes: {h1: {}, h2: {}, h3: {}}
links:
  - {endpoints: [h1, h2], subnet: 10.0.0.0/24, impairment: ${impairment}}
  - {endpoints: [h2, h3], subnet: 10.0.1.0/24}
`;
/** Something on the way that the link knows nothing of: every other frame is dropped by the sender's own filter. */
const half = [
  "sh",
  "-c",
  "nft 'add table netdev t; add chain netdev t c { type filter hook egress device eth0 priority 0; }; add rule netdev t c ether type 0x88b5 numgen inc mod 2 == 0 drop'",
] as const;

describe("verifying links on the command line", () => {
  it("prints what was asked beside what was achieved, for people and for programs", async () => {
    await using netwright = await Netwright.open({ "lab.yaml": impaired("{delay: 30ms, from: {h1: {loss: 5%}}}") });
    await netwright.ok("up", "-q");
    const called = await netwright.call(["link", "verify", "h1", "h2", "--seconds", "1", "--tolerance", "5s"]);
    expect(called).toMatchObject({ exitCode: 0, stderr: "Measure h1:eth0 — h2:eth0... done\n" });
    expect(called.stdout).toMatch(
      /^h1:eth0 → h2:eth0: \d+ probe frames, \d+ arrived\n {2}FIGURE +REQUESTED +EXPECTED +ACHIEVED +RANGE\n/,
    );
    expect(called.stdout).toMatch(/\n {2}delay, median +30\.00 ms +30\.00 ms +\d+\.\d\d ms .* ok\n/);
    expect(called.stdout).toMatch(/\n {2}loss +5 % +.* at 99\.9 % +ok\n/);
    expect(called.stdout).toMatch(/\n\nh2:eth0 → h1:eth0: /);
    expect(called.stdout).toMatch(/\n {2}The probe stood in line for a processor [\d.]+ % of the time\.\n$/);
    const json = JSON.parse(
      await netwright.ok(
        "link",
        "verify",
        "h1",
        "h2",
        "--frames",
        "200",
        "--seconds",
        "0.5",
        "--tolerance",
        "5s",
        "--json",
      ),
    );
    expect(json).toMatchObject({ verification: { link: "h1:eth0 — h2:eth0", verdict: "within", ab: { sent: 200 } } });
  });

  it("fails, and says what is off by how much, when a link does something else", async () => {
    await using netwright = await Netwright.open({ "lab.yaml": impaired("{delay: 30ms}") });
    await netwright.ok("up", "-q");
    await netwright.ok("exec", "h1", "--", ...half);
    const argv = ["link", "verify", "h1:eth0", "--frames", "300", "--seconds", "0.5", "--tolerance", "5s"];
    const called = await netwright.call(argv);
    expect(called.exitCode).toBe(1);
    expect(called.stdout).toMatch(/\n {2}loss .* OUTSIDE\n/);
    expect(called.stderr).toMatch(
      /Error: Link h1:eth0 — h2:eth0 does not do what is asked of it:\n {2}h1:eth0 → h2:eth0: loss is 50 % \(.* at 99\.9 %\), and should be 0 %\.\n/,
    );
    const json = await netwright.call([...argv, "--json"]);
    expect(json.exitCode).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({
      verification: { verdict: "outside" },
      errors: [{ code: "LINK_OUT_OF_TOLERANCE" }],
    });
  });

  it("measures the impaired links of a lab that comes up, and only those", async () => {
    await using netwright = await Netwright.open({ "lab.yaml": impaired("{loss: 10%}") });
    const up = await netwright.call(["up", "--verify", "--json"]);
    // Delays of a busy machine may be out of tolerance; loss is not.
    const { lab, verifications } = JSON.parse(up.stdout);
    expect(lab).toMatchObject({ name: "verified", state: "running" });
    expect(verifications).toHaveLength(1);
    expect(verifications[0].ab.figures).toContainEqual(
      expect.objectContaining({ figure: "loss", requested: 0.1, verdict: "within" }),
    );
    expect(up.exitCode).toBe(verifications[0].verdict === "within" ? 0 : 1);
    await netwright.ok("down");
    netwright.write({ "lab.yaml": impaired("{}") });
    expect(await netwright.call(["up", "--verify"])).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining("None of its links is impaired: there is nothing to verify.\n"),
    });
  });

  it("takes the lab to run on when a link is out of tolerance after up", async () => {
    const file = impaired("{delay: 30ms}").replace("h1: {}", `h1: {startup: [${JSON.stringify(half)}]}`);
    await using netwright = await Netwright.open({ "lab.yaml": file });
    const up = await netwright.call(["up", "--verify"]);
    expect(up.exitCode).toBe(1);
    expect(up.stderr).toContain("Lab verified runs on.\n");
    expect(await netwright.ok("ps")).toMatch(/\nverified +running /);
  });

  it("refuses nonsense", async () => {
    await using netwright = await Netwright.open({ "lab.yaml": impaired("{delay: 30ms}") });
    for (const argv of [
      ["--frames", "few"],
      ["--seconds", "-1"],
      ["--seconds", "0"],
      ["--tolerance", "1"],
    ])
      expect((await netwright.call(["link", "verify", "h1", "h2", ...argv])).exitCode).toBe(2);
  });
});
