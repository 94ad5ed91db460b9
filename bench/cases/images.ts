import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { DockerDaemon } from "../../tests/root/docker-daemon.ts";
import { type Benchmark, type Context, type Figure, median } from "../case.ts";
import { giveToDocker, writeBox } from "../image.ts";
import { type LabMemory, memoryOf } from "../memory.ts";
import { Netwright } from "../netwright.ts";

const run = promisify(execFile);
const count = 100;
const few = 10;
const rounds = 3;
const program = ["sleep", "100000"] as const;

/** A hundred nodes of one image, each with its process, beside as many `docker run` of the same image side by side. */
export const benchmark: Benchmark = {
  name: "images",
  targets: [
    { figure: "up of 100 nodes of an image", atMost: 4 },
    { figure: "times faster than 100 parallel docker run", atLeast: 5 },
    { figure: "memory of an idle node beyond its process", atMost: 1 },
  ],
  async run(context) {
    await using netwright = await Netwright.with(context, labOf("many", count));
    await using small = await Netwright.with(context, labOf("few", few));
    for (const one of [netwright, small]) await writeBox(`${one.folder}/box`, { Cmd: program });
    for (const one of [netwright, small]) await one.run("image", "pull", "oci:box");
    const ups: number[] = [];
    let memory: LabMemory | undefined;
    const base = await measured(small, few);
    for (let round = 1; round <= rounds; round++) {
      context.note(`round ${round} of ${rounds}`);
      ups.push((await netwright.up()).seconds);
      memory = await memoryIn(netwright, count);
      await netwright.run("down");
    }
    if (memory === undefined) throw new Error("no round was run");
    const up = median(ups);
    const megabytes = (of: (memory: LabMemory) => number) =>
      (of(memory as LabMemory) - of(base)) / (count - few) / 1024;
    const figures: readonly Figure[] = [
      { figure: "up of 100 nodes of an image", value: up, unit: "s" },
      { figure: "memory of a node's process", value: megabytes(({ programs }) => programs), unit: "MB" },
      { figure: "memory of an idle node in other processes", value: megabytes((one) => one.netwright), unit: "MB" },
      { figure: "memory of an idle node in the kernel", value: megabytes(({ kernel }) => kernel), unit: "MB" },
      {
        figure: "memory of an idle node beyond its process",
        value: megabytes((one) => one.netwright + one.kernel),
        unit: "MB",
      },
    ];
    const samples = { ups, base, memory };
    const without = DockerDaemon.unavailable();
    if (without !== undefined)
      return { figures, samples, unmeasured: { "times faster than 100 parallel docker run": without } };
    const seconds = await dockerRuns(context, `${netwright.folder}/box`);
    return {
      figures: [
        ...figures,
        { figure: "100 parallel docker run", value: seconds, unit: "s" },
        { figure: "times faster than 100 parallel docker run", value: seconds / up, unit: "×" },
      ],
      samples: { ...samples, docker: seconds },
    };
  },
};

async function measured(netwright: Netwright, nodes: number): Promise<LabMemory> {
  await netwright.up();
  const memory = await memoryIn(netwright, nodes);
  await netwright.run("down");
  return memory;
}

/** Of a lab in which every program runs. */
async function memoryIn(netwright: Netwright, nodes: number): Promise<LabMemory> {
  const { stdout } = await netwright.run("ps", "-a", "--json");
  const { lab } = JSON.parse(stdout) as { lab: { processStatus: { state: string }[] } };
  const running = lab.processStatus.filter(({ state }) => state === "ready").length;
  if (running !== nodes) throw new Error(`${running} of ${nodes} programs run`);
  return memoryOf(await netwright.supervisorPid(), (command) => command === program.join(" "));
}

/** Seconds for all of them; no network, of which Docker makes one at a time. */
async function dockerRuns(context: Context, layout: string): Promise<number> {
  context.note(`docker run, ${count} times at once`);
  await using docker = await DockerDaemon.start();
  await giveToDocker(layout, docker.socket, "bench:1");
  const environment = { ...process.env, DOCKER_HOST: `unix://${docker.socket}` };
  const names = Array.from({ length: count }, (_, index) => `bench-${index}`);
  const began = performance.now();
  await Promise.all(
    names.map((name) =>
      run("docker", ["run", "--detach", "--name", name, "--network", "none", "bench:1"], { env: environment }),
    ),
  );
  const seconds = (performance.now() - began) / 1000;
  for (const name of names) await docker.engine.remove("Removing it", name);
  return seconds;
}

const labOf = (name: string, nodes: number): string => `
name: ${name}
generate:
  - star: { leaves: ${nodes} }
    template: { center: { kind: switch }, leaf: { kind: host, image: "oci:box" } }
    addressing: { hosts: 10.0.0.0/16 }
`;
