import { accessSync, constants, readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { GroupController } from "../../../topology/resources.ts";

/** Where a lab's control groups can be made: a group that this user may divide, for each controller. */
export type GroupHome = {
  readonly version: 1 | 2;
  /** Of version 2, all the same one. `cpuacct` counts where `cpu` of version 1 only limits. */
  readonly parents: ReadonlyMap<GroupController | "cpuacct", string>;
};

/** Why there is none, and what would mend that. */
export type NoGroupHome = { readonly why: string; readonly mend: string };

/** What is looked at of a machine. */
export type GroupFacts = {
  /** /proc/self/mountinfo (proc_pid_mountinfo(5)). */
  readonly mounts: string;
  /** /proc/self/cgroup (cgroups(7)). */
  readonly own: string;
  readonly isRoot: boolean;
  read(file: string): string | undefined;
  mayWrite(path: string): boolean;
};

export const groupFacts = (): GroupFacts => ({
  mounts: textOf("/proc/self/mountinfo") ?? "",
  own: textOf("/proc/self/cgroup") ?? "",
  isRoot: process.getuid?.() === 0,
  read: textOf,
  mayWrite,
});

/** Where processes go that were in a group that is divided from now on: only its last groups may hold any. */
export const callersGroup = "netwright-callers";

const controllers = ["cpu", "memory", "pids"] as const satisfies readonly GroupController[];

/** Finds where this process may make groups. */
export function findGroupHome(facts: GroupFacts): GroupHome | NoGroupHome {
  const mounts = mountsOf(facts.mounts);
  const paths = pathsOf(facts.own);
  const unified = mounts.find(({ type }) => type === "cgroup2");
  const offered = unified === undefined ? "" : (facts.read(`${unified.folder}/cgroup.controllers`) ?? "");
  if (unified !== undefined && hasAny(offered)) return unifiedHome(unified, paths.get("") ?? "/", facts);
  const parents = new Map<GroupController | "cpuacct", string>();
  for (const controller of [...controllers, "cpuacct"] as const) {
    const mount = mounts.find(({ type, options }) => type === "cgroup" && options.includes(controller));
    if (mount === undefined) continue;
    const folder = placeIn(mount, paths.get(controller) ?? "/");
    if (folder !== undefined && facts.mayWrite(folder)) parents.set(controller, folder);
  }
  if (controllers.some((controller) => parents.has(controller))) return { version: 1, parents };
  if (!mounts.some(({ type }) => type === "cgroup"))
    return { why: "it has no control groups", mend: "Boot with systemd, or mount them: cgroups(7)." };
  return {
    why: "only root may divide its control groups, which are of version 1",
    mend: "Run netwright as root, or boot with control groups of version 2 (systemd.unified_cgroup_hierarchy=1).",
  };
}

function unifiedHome(mount: Mount, path: string, facts: GroupFacts): GroupHome | NoGroupHome {
  const own = placeIn(mount, path);
  // Root's labs go beside what the system runs, and not into a session that may end before them.
  const nearest = facts.isRoot ? mount.folder : own?.endsWith(`/${callersGroup}`) ? dirname(own) : own;
  const mayDivide = (folder: string) =>
    ["", "/cgroup.procs", "/cgroup.subtree_control"].every((file) => facts.mayWrite(`${folder}${file}`));
  if (nearest === undefined || !mayDivide(nearest))
    return {
      why: `control group ${path}, in which netwright runs, is not this user's to divide`,
      mend: path.endsWith(".service")
        ? "Let its service have control groups, with systemd 254 or newer: Delegate=cpu memory pids and DelegateSubgroup=server (docs/operations.md)."
        : "Start it in one that is: systemd-run --user --scope -p Delegate=yes netwright up …",
    };
  const offered = (facts.read(`${nearest}/cgroup.controllers`) ?? "").split(/\s+/);
  return {
    version: 2,
    parents: new Map(controllers.filter((one) => offered.includes(one)).map((one) => [one, nearest])),
  };
}

const hasAny = (offered: string): boolean => controllers.some((one) => offered.split(/\s+/).includes(one));

type Mount = {
  readonly folder: string;
  /** Which group of the tree is at the folder. */
  readonly root: string;
  readonly type: string;
  readonly options: readonly string[];
};

function mountsOf(text: string): readonly Mount[] {
  const plain = (word = "") =>
    word.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
  return text.split("\n").flatMap((line) => {
    const [before = "", after = ""] = line.split(" - ");
    const [, , , root, folder] = before.split(" ");
    const [type = "", , options = ""] = after.split(" ");
    return type === "cgroup" || type === "cgroup2"
      ? [{ folder: plain(folder), root: plain(root), type, options: options.split(",") }]
      : [];
  });
}

/** The group this process is in, by controller; of version 2 by the empty name. */
function pathsOf(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split("\n").flatMap((line) => {
      const [, names, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
      return names === undefined || path === undefined ? [] : names.split(",").map((name) => [name, path] as const);
    }),
  );
}

/** The folder of a group; undefined when it is outside of what is mounted. */
function placeIn({ folder, root }: Mount, path: string): string | undefined {
  if (path.startsWith("/..") || root.startsWith("/..")) return undefined;
  const below =
    root === "/" ? path : path === root || path.startsWith(`${root}/`) ? path.slice(root.length) : undefined;
  return below === undefined ? undefined : `${folder}${below === "/" ? "" : below}`;
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
