import { once } from "node:events";
import { readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Agent, AgentState } from "../../../src/controller/agent/agent.ts";
import type { Lab } from "../../../src/topology/index.ts";
import { serve } from "../serve.ts";

/*
 * A server to be killed. Its labs are files, which stay when it is: one that starts is called `NAME.starting`, and
 * nobody finishes it but who began.
 *
 * Arguments: a folder, the database; and "waits" for one that does nothing but to be loaded until it is told something.
 */

const [folder = "", database = "", waits] = process.argv.slice(2);
if (waits !== undefined) await once(process.stdin, "data");

const agent: Agent = {
  async start(lab: Lab) {
    const file = join(folder, lab.name);
    writeFileSync(`${file}.starting`, "", { flag: "wx" });
    await setTimeout(Math.random() * 60);
    renameSync(`${file}.starting`, file);
  },
  async stop(name: string) {
    await setTimeout(Math.random() * 60);
    for (const end of ["", ".starting"]) rmSync(join(folder, `${name}${end}`), { force: true });
  },
  list() {
    // What somebody began who was killed is gone with them.
    const names = readdirSync(folder).filter((name) => !name.endsWith(".starting"));
    return Promise.resolve(new Map(names.map((name): [string, AgentState] => [name, "running"])));
  },
  client: () => {
    throw new Error("nobody asks its labs");
  },
  captureFile: () => Promise.reject(new Error("nobody asks for captures")),
  placesOf: () => [],
  connect: () => Promise.reject(new Error("nobody asks its labs")),
  host: () => Promise.reject(new Error("nobody asks its host")),
  images: () => Promise.resolve([]),
  pullImage: () => Promise.reject(new Error("nobody asks for images")),
  removeImage: () => Promise.reject(new Error("nobody asks for images")),
};

for (const name of readdirSync(folder)) if (name.endsWith(".starting")) rmSync(join(folder, name));
const controller = await serve({ database, agent, isDocumented: false });
process.stdout.write(`${controller.port}\n`);
// One that is killed keeps nothing of what Node has made of it.
flushCompileCache();
