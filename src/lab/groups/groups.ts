import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { GroupSettings } from "../../api/index.ts";
import { childrenOf } from "../../kernel/index.ts";
import { type GroupController, type GroupResources, groupLimits, labError } from "../../topology/index.ts";
import { type Accounting, type ControlFiles, controlFiles } from "./control-files.ts";

/** What is used of limits: processors as seconds of their time so far, the others of now. */
export type GroupUse = { readonly [Key in keyof GroupResources]?: number };

/**
 * The control groups of a lab: one per node, in one of all nodes. The launcher made that one and gave it to the
 * lab, since nobody in the sandbox has a right to more of this machine's.
 */
export class LabGroups {
  readonly #version: 1 | 2;
  readonly #files: ControlFiles;
  /** The group of all nodes, by controller; with version 1, each has a tree of its own. */
  readonly #folders: ReadonlyMap<Accounting, string>;
  readonly #limits = new Map<string, GroupResources>();
  #lab: GroupResources = {};

  constructor({ version, folders }: GroupSettings) {
    this.#version = version;
    this.#files = controlFiles[version];
    this.#folders = new Map(Object.entries(folders) as [Accounting, string][]);
  }

  /** What enforces limits of a controller; undefined when nothing does. */
  enforcerOf(controller: GroupController): string | undefined {
    return this.#folders.has(controller) ? this.#files.enforcers[controller] : undefined;
  }

  get nodes(): Iterable<string> {
    return this.#limits.keys();
  }

  /** Limits all nodes together. @throws KERNEL_REFUSED */
  limitLab(limits: GroupResources): void {
    const before = this.#lab;
    this.#lab = limits;
    if (this.#version === 1 && before.cpus !== limits.cpus) {
      // A group may have no more of the processors than the one it is in: the nodes' go first.
      const { cpus: _, ...unslowed } = before;
      this.#write("", unslowed, "the lab");
      for (const [node, own] of this.#limits) this.#write(folderOf(node), this.#within(own), `node ${node}`);
    }
    this.#write("", limits, "the lab");
  }

  /** Makes a node's group, or gives it other limits. @throws KERNEL_REFUSED */
  limit(node: string, limits: GroupResources): void {
    const folder = folderOf(node);
    this.#attempt(`make the control group of node ${node}`, () => {
      for (const parent of new Set(this.#folders.values())) {
        mkdirSync(`${parent}/${folder}`, { recursive: true });
        if (this.#version === 1) chmodSync(`${parent}/${folder}/cgroup.procs`, 0o666);
      }
    });
    this.#write(folder, this.#within(limits), `node ${node}`);
    this.#limits.set(node, limits);
  }

  /** Forgets a node, whose processes have ended; the kernel may take a moment to let go of them. */
  async remove(node: string): Promise<void> {
    if (!this.#limits.delete(node)) return;
    for (const parent of new Set(this.#folders.values())) {
      for (let attempts = 0; attempts < 20 && existsSync(`${parent}/${folderOf(node)}`); attempts++) {
        if (attempts > 0) await sleep(10);
        try {
          rmdirSync(`${parent}/${folderOf(node)}`);
        } catch {
          // EBUSY. What is left in the end goes with the lab.
        }
      }
    }
  }

  /**
   * Puts a process that has just started, and what it may have started by then, into the group of its node.
   * Whatever they start from then on is in it too.
   */
  join(node: string, pid: number): void {
    if (this.#limits.has(node)) this.#enter(node, pid);
  }

  /** Of a node, or of all nodes together. */
  use(node?: string): GroupUse {
    if (node !== undefined && !this.#limits.has(node)) return {};
    const { time, memory } = this.#files;
    const read = (controller: Accounting, file: string) => {
      const parent = this.#folders.get(controller);
      return parent === undefined ? undefined : textOf(`${parent}/${node === undefined ? "" : folderOf(node)}/${file}`);
    };
    const used = (value: number | undefined) => (value === undefined || Number.isNaN(value) ? undefined : value);
    const [timeText, memoryText, pidsText] = [
      read(time.controller, time.file),
      read("memory", memory),
      read("pids", "pids.current"),
    ];
    const values = {
      cpus: used(timeText === undefined ? undefined : time.seconds(timeText)),
      memoryBytes: used(memoryText === undefined ? undefined : Number(memoryText)),
      processes: used(pidsText === undefined ? undefined : Number(pidsText)),
    };
    return Object.fromEntries(
      groupLimits.flatMap(({ key }) => (values[key] === undefined ? [] : [[key, values[key]]])),
    );
  }

  /** How many processes of a node were ended for want of memory; undefined where that is not counted. */
  memoryKills(node: string): number | undefined {
    const parent = this.#folders.get("memory");
    const text = parent === undefined ? undefined : textOf(`${parent}/${folderOf(node)}/${this.#files.kills}`);
    const count = /^oom_kill (\d+)$/m.exec(text ?? "")?.[1];
    return count === undefined ? undefined : Number(count);
  }

  /** A process, then its children: what it starts after it has entered is inside. */
  #enter(node: string, pid: number): void {
    for (const parent of new Set(this.#folders.values())) this.#attach(`${parent}/${folderOf(node)}/cgroup.procs`, pid);
    for (const child of childrenOf(pid)) this.#enter(node, child);
  }

  #attach(file: string, pid: number): void {
    try {
      writeFileSync(file, String(pid), { flag: "r+" });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // It has ended.
      if (code === "ESRCH") return;
      if (code === "EACCES" && this.#version === 1) attachAsItsUser(file, pid);
      else throw refusal(`put a process into ${file}`, error);
    }
  }

  #write(folder: string, limits: GroupResources, whose: string): void {
    for (const { controller, file, value, optional } of this.#files.writes(limits)) {
      const parent = this.#folders.get(controller);
      if (parent === undefined) continue;
      const path = `${parent}/${folder}/${file}`;
      if (optional && !existsSync(path)) continue;
      this.#attempt(`set ${file} of ${whose} to ${value}`, () => writeFileSync(path, value, { flag: "r+" }));
    }
  }

  #within(limits: GroupResources): GroupResources {
    const most = Math.min(limits.cpus ?? Infinity, this.#lab.cpus ?? Infinity);
    return this.#version === 2 || limits.cpus === undefined ? limits : { ...limits, cpus: most };
  }

  #attempt(what: string, action: () => void): void {
    try {
      action();
    } catch (error) {
      throw refusal(what, error);
    }
  }
}

/** No control file begins like this. */
const folderOf = (node: string): string => `node-${node}`;

const refusal = (what: string, error: unknown) =>
  labError(
    "KERNEL_REFUSED",
    { what, errno: (error as NodeJS.ErrnoException).code ?? String(error), hint: "Choose another limit, or none." },
    { cause: error },
  );

/**
 * With version 1 only root and its own user may move a process (cgroup1_procs_write()), and the supervisor is
 * neither when a program of a node runs as another user than root.
 */
function attachAsItsUser(file: string, pid: number): void {
  const uid = Number(/^Uid:\s+\d+\s+(\d+)/m.exec(textOf(`/proc/${pid}/status`) ?? "")?.[1] ?? 0);
  const { status, stderr } = spawnSync("sh", ["-c", 'echo "$1" >"$2"', "sh", String(pid), file], {
    uid,
    gid: uid,
    encoding: "utf8",
    timeout: 10_000,
  });
  if (status !== 0 && isAlive(pid)) throw refusal(`put a process into ${file}`, new Error(stderr.trim()));
}

/** A zombie is in no group any more. */
function isAlive(pid: number): boolean {
  const state = /^State:\s+(\S)/m.exec(textOf(`/proc/${pid}/status`) ?? "")?.[1];
  return state !== undefined && state !== "Z" && state !== "X";
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
