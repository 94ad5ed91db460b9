import { type Benchmark, median } from "../case.ts";
import { type Floor, measureFloor } from "../floor.ts";
import { measureMininet, mininetUnavailable } from "../mininet.ts";
import { Netwright } from "../netwright.ts";
import { settle } from "../sandbox.ts";

const hosts = 1000;
const rounds = 3;

/** A thousand hosts on one switch: Netwright, what the kernel alone takes, and, for root, what Mininet takes. */
export const benchmark: Benchmark = {
  name: "star",
  targets: [
    { figure: "up, times the floor", atMost: 1.5 },
    { figure: "up, times faster than Mininet", atLeast: 6 },
    { figure: "down of 1,000 hosts", atMost: 0.5 },
    { figure: "down, times faster than Mininet", atLeast: 25 },
    { figure: "kernel at rest after down", atMost: 5 },
    { figure: "supervisor's memory at 1,000 idle hosts", atMost: 150 },
  ],
  async run(context) {
    const floors: Floor[] = [];
    const ups: number[] = [];
    const downs: number[] = [];
    const rests: number[] = [];
    await using netwright = await Netwright.with(context, starOf(hosts));
    let megabytes = 0;
    for (let round = 1; round <= rounds; round++) {
      context.note(`round ${round} of ${rounds}`);
      await settle(context);
      floors.push(await measureFloor(context, hosts));
      ups.push((await netwright.up()).seconds);
      megabytes = await netwright.supervisorMegabytes();
      downs.push((await netwright.run("down")).seconds);
      const began = performance.now();
      await settle(context);
      rests.push((performance.now() - began) / 1000);
    }
    await using small = await Netwright.with(context, starOf(hosts / 10));
    await small.up();
    const perNode = ((megabytes - (await small.supervisorMegabytes())) * 1024) / (hosts * 0.9);
    const [floor, up, down] = [median(floors.map(({ seconds }) => seconds)), median(ups), median(downs)];
    const figures = [
      { figure: "floor: up of 1,000 hosts", value: floor, unit: "s" },
      { figure: "up of 1,000 hosts", value: up, unit: "s" },
      { figure: "up, times the floor", value: up / floor, unit: "×" },
      { figure: "down of 1,000 hosts", value: down, unit: "s" },
      { figure: "kernel at rest after down", value: median(rests), unit: "s" },
      { figure: "supervisor's memory at 1,000 idle hosts", value: megabytes, unit: "MB" },
      { figure: "supervisor's memory, growth by node", value: perNode, unit: "kB" },
    ];
    const samples = { floors, ups, downs, rests };
    const without = mininetUnavailable(context);
    if (without !== undefined) {
      context.note(`not compared with Mininet: ${without}`);
      return {
        figures,
        samples,
        unmeasured: { "up, times faster than Mininet": without, "down, times faster than Mininet": without },
      };
    }
    context.note("Mininet: about a minute");
    await settle(context);
    const mininet = await measureMininet(hosts);
    return {
      figures: [
        ...figures,
        { figure: "Mininet: up of 1,000 hosts", value: mininet.upSeconds, unit: "s" },
        { figure: "Mininet: stop", value: mininet.stopSeconds, unit: "s" },
        { figure: "up, times faster than Mininet", value: mininet.upSeconds / up, unit: "×" },
        { figure: "down, times faster than Mininet", value: mininet.stopSeconds / down, unit: "×" },
      ],
      samples: { ...samples, mininet },
    };
  },
};

const starOf = (count: number): string => `
name: star
generate:
  - star: { leaves: ${count} }
    template: { center: { kind: switch }, leaf: { kind: host } }
    addressing: { hosts: 10.0.0.0/16 }
`;
