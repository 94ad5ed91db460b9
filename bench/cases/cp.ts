import { rm, stat } from "node:fs/promises";
import { type Benchmark, median } from "../case.ts";
import { Netwright } from "../netwright.ts";

const gigabyte = 1_000_000_000;
const rounds = 5;
/** A file system in memory, as a node's is. */
const folder = "/dev/shm";

/** A large file into a node and out of it, beside cp(1) from memory to memory. */
export const benchmark: Benchmark = {
  name: "cp",
  targets: [{ figure: "cp of 1 GB into a node, in times of cp on the host", atMost: 2 }],
  async run(context) {
    await using netwright = await Netwright.with(context, labFile);
    await netwright.up();
    // A node gets its file system with its first program.
    await netwright.run("exec", "h1", "true");
    const [source, copy] = [
      `${folder}/netwright-bench-${process.pid}`,
      `${folder}/netwright-bench-${process.pid}-copy`,
    ];
    const [host, into, from]: [number[], number[], number[]] = [[], [], []];
    try {
      await netwright.other("sh", "-c", 'head -c "$1" /dev/urandom > "$2"', "sh", String(gigabyte), source);
      // The first round is not counted: a virtual machine gets memory from its host when it is first used, which is slow.
      for (let round = 0; round <= rounds; round++) {
        const times = [
          await netwright.other("cp", source, copy),
          await netwright.other("rm", copy),
          await netwright.run("cp", source, "h1:/tmp/file"),
          await netwright.run("cp", "h1:/tmp/file", copy),
        ].map(({ seconds }) => seconds);
        if (round > 0) for (const [index, list] of [host, [], into, from].entries()) list.push(times[index] as number);
        const { size } = await stat(copy);
        await netwright.other("cmp", source, copy);
        if (size !== gigabyte) throw new Error(`${size} bytes came back`);
        await netwright.other("rm", copy);
      }
    } finally {
      await Promise.all([source, copy].map((file) => rm(file, { force: true })));
    }
    return {
      figures: [
        { figure: "cp of 1 GB on the host", value: median(host), unit: "s" },
        { figure: "cp of 1 GB into a node", value: median(into), unit: "s" },
        { figure: "cp of 1 GB from a node", value: median(from), unit: "s" },
        {
          figure: "cp of 1 GB into a node, in times of cp on the host",
          value: median(into.map((seconds, round) => seconds / (host[round] as number))),
          unit: "",
        },
      ],
      samples: { host, into, from },
    };
  },
};

const labFile = `
name: copies
nodes: { h1: {} }
`;
