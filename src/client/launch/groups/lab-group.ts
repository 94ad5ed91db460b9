import { chmod, chown, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import type { GroupSettings } from "../../../api/launch.ts";
import { removeGroups } from "../../registry/groups.ts";
import { callersGroup, type GroupHome } from "./home.ts";

type Owner = { readonly uid: number; readonly gid: number };

/**
 * The control group of a lab, with one of all its nodes. Of version 2, the supervisor is in it as well, in a group
 * of its own: from there it may move what it starts into a node's group, and its cgroup namespace, which ends at
 * the lab's group, lets it make those itself.
 */
export class LabGroup {
  /** Of the lab, with version 1 one for each controller. */
  readonly folders: readonly string[];
  readonly #home: GroupHome;
  readonly #name: string;
  readonly #owner: Owner | undefined;

  /** @param owner who it shall belong to, when not this user */
  constructor(home: GroupHome, name: string, owner: Owner | undefined) {
    this.#home = home;
    this.#name = name;
    this.#owner = owner;
    this.folders = [...new Set([...home.parents.values()].map((parent) => `${parent}/${name}`))];
  }

  /** The file by which a process gets into it before it makes the lab's namespaces; undefined when it need not. */
  get entrance(): string | undefined {
    return this.#home.version === 2 ? `${this.folders[0]}/cgroup.procs` : undefined;
  }

  /** Makes it. @throws the file system's errors */
  async make(): Promise<void> {
    const { version, parents } = this.#home;
    if (version === 1) {
      for (const folder of this.folders) {
        await mkdir(folder);
        await this.#handOver(folder);
      }
      return;
    }
    const [folder] = this.folders;
    for (const parent of new Set(parents.values())) await divide(parent, [...parents.keys()]);
    for (const one of [folder, `${folder}/self`, `${folder}/nodes`]) await mkdir(one ?? "");
  }

  /** When the lab's supervisor has its namespaces: hands the group over to it. @throws the file system's errors */
  async settle(): Promise<GroupSettings> {
    const { version, parents } = this.#home;
    const nodes = (parent: string) => (version === 1 ? `${parent}/${this.#name}` : `${parent}/${this.#name}/nodes`);
    if (version === 2) {
      const [folder = ""] = this.folders;
      await moveAll(folder, `${folder}/self`);
      for (const one of [folder, `${folder}/nodes`]) await enable(one, [...parents.keys()]);
      // What it moves out of its own group passes through the one that both are in.
      if (this.#owner !== undefined)
        for (const file of ["cgroup.procs", "self/cgroup.procs"])
          await chown(`${folder}/${file}`, this.#owner.uid, this.#owner.gid);
      await this.#handOver(`${folder}/nodes`);
    }
    return {
      version,
      folders: Object.fromEntries([...parents].map(([controller, parent]) => [controller, nodes(parent)])),
    };
  }

  async remove(): Promise<void> {
    await removeGroups(this.folders);
  }

  async #handOver(folder: string): Promise<void> {
    if (this.#owner === undefined) return;
    const files = (await readdir(folder)).filter((file) => handedOver.test(file));
    for (const path of [folder, ...files.map((file) => `${folder}/${file}`)])
      await chown(path, this.#owner.uid, this.#owner.gid);
    await chmod(folder, 0o755);
  }
}

/** Files that whoever divides a group and limits all of it writes. */
const handedOver =
  /^(cgroup\.(procs|threads|subtree_control)|tasks|cpu\.(max|cfs_.*_us)|memory\.(max|swap\.max|limit_in_bytes|memsw\.limit_in_bytes)|pids\.max)$/;

/** Lets a group of version 2 have groups with these controllers; what was in it moves into one of them. */
async function divide(folder: string, controllers: readonly string[]): Promise<void> {
  try {
    await enable(folder, controllers);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EBUSY") throw error;
    const callers = `${folder}/${callersGroup}`;
    await mkdir(callers, { recursive: true });
    await moveAll(folder, callers);
    await enable(folder, controllers);
  }
}

const enable = (folder: string, controllers: readonly string[]): Promise<void> =>
  writeFile(`${folder}/cgroup.subtree_control`, controllers.map((one) => `+${one}`).join(" "), { flag: "r+" });

/** Moves every process of a group; those that start meanwhile, too. */
async function moveAll(from: string, to: string): Promise<void> {
  for (let attempts = 0; attempts < 100; attempts++) {
    const pids = (await readFile(`${from}/cgroup.procs`, "utf8")).split("\n").filter(Boolean);
    if (pids.length === 0) return;
    for (const pid of pids)
      await writeFile(`${to}/cgroup.procs`, pid, { flag: "r+" }).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ESRCH") throw error;
      });
  }
}
