import { type Benchmark, median } from "../case.ts";
import { Netwright } from "../netwright.ts";

const hosts = 1000;
const rounds = 5;

/** A lab of a thousand hosts on a switch, split into halves and healed, by the command and by the API alone. */
export const benchmark: Benchmark = {
  name: "partition",
  targets: [
    { figure: "halves of 1,000 hosts", atMost: 0.5 },
    { figure: "heal", atMost: 0.5 },
  ],
  async run(context) {
    await using netwright = await Netwright.with(context, labFile);
    await netwright.up();
    const reaches = (host: number) =>
      netwright.run("exec", "h1", "--", "ping", "-c", "1", "-W", "1", "-q", addressOf(host)).then(
        () => true,
        () => false,
      );
    const samples: Record<string, number[]> = { halves: [], heal: [], "majority-ring": [] };
    for (let round = 0; round < rounds; round++) {
      for (const verb of ["halves", "heal"]) {
        samples[verb]?.push((await netwright.run("partition", verb)).seconds);
        if (verb === "halves" && ((await reaches(hosts)) || !(await reaches(2))))
          throw new Error("the halves are not what they should be");
      }
      if (!(await reaches(hosts))) throw new Error("the lab is not whole again");
    }
    samples["majority-ring"]?.push((await netwright.run("partition", "majority-ring")).seconds);
    return {
      figures: [
        { figure: "halves of 1,000 hosts", value: median(samples["halves"] ?? []), unit: "s" },
        { figure: "heal", value: median(samples["heal"] ?? []), unit: "s" },
        { figure: "majority-ring of 1,000 hosts", value: median(samples["majority-ring"] ?? []), unit: "s" },
      ],
      samples,
    };
  },
};

const addressOf = (host: number): string => `10.0.${host >> 8}.${host & 255}`;

const labFile = `
name: partitioned
generate:
  - star: { leaves: ${hosts} }
    template: { center: { kind: switch }, leaf: { kind: host } }
    addressing: { hosts: 10.0.0.0/16 }
`;
