import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { DockerDaemon } from "../../tests/root/docker-daemon.ts";
import type { Benchmark } from "../case.ts";
import { median } from "../case.ts";
import { Netwright } from "../netwright.ts";

const run = promisify(execFile);
const count = 20;
const rounds = 3;

/** A ring of containers of the daemon's `box:1`, and as many `docker run` side by side, in turns. */
export const benchmark: Benchmark = {
  name: "containers",
  targets: [{ figure: "up of 20 containers and 20 links, against 20 parallel docker run", atMost: 1.3 }],
  unavailable: () => DockerDaemon.unavailable(),
  async run(context) {
    await using docker = await DockerDaemon.start();
    docker.allow(context.user.gid);
    await using netwright = await Netwright.with(context, labFile, { DOCKER_HOST: `unix://${docker.socket}` });
    const ups: number[] = [];
    const runs: number[] = [];
    for (let round = 0; round < rounds; round++) {
      context.note(`round ${round + 1} of ${rounds}`);
      runs.push(await dockerRuns(docker));
      ups.push((await netwright.up()).seconds);
      await netwright.run("down");
    }
    return {
      figures: [
        { figure: "up of 20 containers and 20 links", value: median(ups), unit: "s" },
        { figure: "20 parallel docker run", value: median(runs), unit: "s" },
        {
          figure: "up of 20 containers and 20 links, against 20 parallel docker run",
          value: median(ups.map((up, round) => up / (runs[round] as number))),
          unit: "×",
        },
      ],
      samples: { ups, runs },
    };
  },
};

/** Seconds for all of them; they are removed outside of the time. */
async function dockerRuns(docker: DockerDaemon): Promise<number> {
  const mark = randomBytes(4).toString("hex");
  const argv = (name: string) => ["run", "--detach", "--name", name, "--network", "none", "box:1", "sleep", "1000"];
  const names = Array.from({ length: count }, (_, index) => `bench-${mark}-${index}`);
  const environment = { ...process.env, DOCKER_HOST: `unix://${docker.socket}` };
  const began = performance.now();
  await Promise.all(names.map((name) => run("docker", argv(name), { env: environment })));
  const seconds = (performance.now() - began) / 1000;
  await Promise.all(names.map((name) => docker.engine.remove("Removing it", name)));
  return seconds;
}

const node = (index: number): string =>
  `  c${index}: { engine: container, image: "docker-daemon:box:1", command: [sleep, "1000"] }\n`;
const cable = (index: number): string => `  - [c${index}:eth0, c${(index + 1) % count}:eth1]\n`;
const each = (line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join("");
const labFile = `name: containers\nnodes:\n${each(node)}links:\n${each(cable)}`;
