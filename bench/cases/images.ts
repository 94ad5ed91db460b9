import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { DockerDaemon } from "../../tests/root/docker-daemon.ts";
import { type Benchmark, type Figure, median } from "../case.ts";
import { giveToDocker, writeBox } from "../image.ts";
import { kernelMemory, type LabMemory, memoryOf } from "../memory.ts";
import { Netwright } from "../netwright.ts";
import { settle } from "../sandbox.ts";

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
    const without = DockerDaemon.unavailable();
    await using docker = without === undefined ? await DockerDaemon.start() : undefined;
    if (docker !== undefined) await giveToDocker(`${netwright.folder}/box`, docker.socket, "bench:1");
    const ups: number[] = [];
    const dockers: number[] = [];
    const memories: LabMemory[] = [];
    const kernels: number[] = [];
    await small.up();
    const base = await memoryIn(small, few);
    await small.run("down");
    for (let round = 1; round <= rounds; round++) {
      context.note(`round ${round} of ${rounds}`);
      await settle(context);
      const before = kernelMemory();
      ups.push((await netwright.up()).seconds);
      kernels.push(kernelMemory() - before);
      memories.push(await memoryIn(netwright, count));
      await netwright.run("down");
      if (docker !== undefined) dockers.push(await dockerRuns(docker));
    }
    const up = median(ups);
    const kernel = median(kernels) / count / 1024;
    const more = (of: keyof LabMemory) => (median(memories.map((one) => one[of])) - base[of]) / (count - few) / 1024;
    const figures: readonly Figure[] = [
      { figure: "up of 100 nodes of an image", value: up, unit: "s" },
      { figure: "memory of a node's process", value: more("programs"), unit: "MB" },
      { figure: "memory of an idle node in other processes", value: more("netwright"), unit: "MB" },
      { figure: "memory of an idle node in the kernel", value: kernel, unit: "MB" },
      { figure: "memory of an idle node beyond its process", value: more("netwright") + kernel, unit: "MB" },
    ];
    const samples = { ups, base, memories, kernels, dockers };
    if (without !== undefined)
      return { figures, samples, unmeasured: { "times faster than 100 parallel docker run": without } };
    return {
      figures: [
        ...figures,
        { figure: "100 parallel docker run", value: median(dockers), unit: "s" },
        {
          figure: "times faster than 100 parallel docker run",
          // Each beside the start that was just before it: the machine may be busier at one time than at another.
          value: median(dockers.map((seconds, round) => seconds / (ups[round] as number))),
          unit: "×",
        },
      ],
      samples,
    };
  },
};

/** Of a lab in which every program runs. */
async function memoryIn(netwright: Netwright, nodes: number): Promise<LabMemory> {
  const { stdout } = await netwright.run("ps", "-a", "--json");
  const { lab } = JSON.parse(stdout) as { lab: { processStatus: { state: string }[] } };
  const running = lab.processStatus.filter(({ state }) => state === "ready").length;
  if (running !== nodes) throw new Error(`${running} of ${nodes} programs run`);
  return memoryOf(await netwright.supervisorPid(), (command) => command === program.join(" "));
}

/** Seconds for all of them; no network, of which Docker makes one at a time. */
async function dockerRuns(docker: DockerDaemon): Promise<number> {
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
