import { type Benchmark, median } from "../case.ts";
import { Netwright } from "../netwright.ts";

const rounds = 7;

/** How quickly a small lab answers: what a person waits for. */
export const benchmark: Benchmark = {
  name: "three-nodes",
  targets: [
    { figure: "up of 3 nodes", atMost: 0.5 },
    { figure: "exec, more than nsenter", atMost: 0.12 },
    { figure: "--version", atMost: 0.1 },
  ],
  async run(context) {
    await using netwright = await Netwright.with(context, labFile);
    const ups: number[] = [];
    const execs: number[] = [];
    const nsenters: number[] = [];
    const versions: number[] = [];
    for (let round = 0; round < rounds; round++) {
      ups.push((await netwright.up()).seconds);
      const pid = await netwright.supervisorPid();
      // The first command starts the node's own file system and init.
      await netwright.run("exec", "h1", "--", "true");
      execs.push((await netwright.run("exec", "h1", "--", "true")).seconds);
      nsenters.push(
        (
          await netwright.other(
            "nsenter",
            `--user=/proc/${pid}/ns/user`,
            `--net=/proc/${pid}/ns/net`,
            "--preserve-credentials",
            "true",
          )
        ).seconds,
      );
      versions.push((await netwright.run("--version")).seconds);
      await netwright.run("down");
    }
    const [exec, nsenter] = [median(execs), median(nsenters)];
    return {
      figures: [
        { figure: "up of 3 nodes", value: median(ups), unit: "s" },
        { figure: "exec h1 -- true", value: exec, unit: "s" },
        { figure: "nsenter … true", value: nsenter, unit: "s" },
        { figure: "exec, more than nsenter", value: exec - nsenter, unit: "s" },
        { figure: "--version", value: median(versions), unit: "s" },
      ],
      samples: { ups, execs, nsenters, versions },
    };
  },
};

const labFile = `
name: three
nodes:
  h1:
  h2:
  s1: { kind: switch }
links: [[h1, s1], [h2, s1]]
`;
