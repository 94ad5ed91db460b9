import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * What a machine holds that a lab could leave behind. Taken before and after, and compared, it shows
 * whether anything was. Plain data that survives JSON, so that one process can take it and another compare.
 */
export type Snapshot = {
  /** By `pid@start time`, since pids are used again. */
  readonly processes: Readonly<Record<string, string>>;
  /** E.g. `net:[4026532008]`, with a process that is in it. */
  readonly namespaces: Readonly<Record<string, string>>;
  /** Mounts, network interfaces, bound sockets and files: what identifies them. */
  readonly mounts: readonly string[];
  readonly interfaces: readonly string[];
  readonly sockets: readonly string[];
  readonly files: readonly string[];
};

/** Ids `first` … `first + count − 1`. */
export type IdSpan = { readonly first: number; readonly count: number };

export type Watch = {
  /** Whose processes and files count: the user, and the subordinate ids labs run under. */
  readonly ids: readonly IdSpan[];
  /**
   * `dedicated`: nobody else works under these ids, so everything counts. `shared`: somebody may be at
   * work under them, so what counts must name Netwright: a process in its command, environment, folder
   * or mounts, a socket or a file in its path.
   */
  readonly under: "dedicated" | "shared";
  /**
   * `NAME=value` in the environment of what is watched. With it, and with `shared`, those processes count
   * that have it or come from one that has, and nobody else's labs do.
   */
  readonly mark?: string;
  /** Folders where labs keep files while they run: every file below counts, the folder itself does not: it is the user's, for all labs. */
  readonly runtime: readonly string[];
  /** Folders for everybody's temporary files: entries that belong to the ids count. */
  readonly temporary: readonly string[];
};

/** What a regular user can leave, seen by that user; what a lab of root's can leave, seen by root. */
export function watchOf(uid: number, more: Partial<Watch> = {}): Watch {
  return {
    ids: [{ first: uid, count: 1 }, ...subordinateIds(uid)],
    under: "shared",
    runtime: runtimeFolders(uid),
    temporary: ["/tmp", "/var/tmp", "/dev/shm"],
    ...more,
  };
}

/** Reads the machine's state. What vanishes while it is read was not left behind, and does not count. */
export function takeSnapshot(watch: Watch): Snapshot {
  const processes: Record<string, string> = {};
  const namespaces: Record<string, string> = Object.fromEntries(namespacesOf("self").map((name) => [name, "own"]));
  const ours = ownPids();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const seen = readProcess(pid, watch);
    if (seen === undefined || ours.has(Number(pid)) || ours.has(seen.parent)) continue;
    processes[seen.id] = seen.text;
    for (const namespace of seen.namespaces) namespaces[namespace] ??= seen.text;
  }
  return {
    processes,
    namespaces,
    mounts: lines("/proc/self/mountinfo").map((line) => line.replace(/^\d+ \d+ /, "")),
    interfaces: lines("/proc/self/net/dev")
      .slice(2)
      .map((line) => line.slice(0, line.indexOf(":")).trim()),
    sockets: [...unixSockets(watch), ...(watch.under === "dedicated" ? listeners(watch.ids) : [])],
    files: [
      ...watch.runtime.flatMap((folder) => filesBelow(folder)),
      ...watch.temporary.flatMap((folder) => entriesOwned(folder, watch)),
      ...leftGroups(),
    ],
  };
}

/** Folders of labs' control groups. */
export function leftGroups(): readonly string[] {
  const mounts = lines("/proc/self/mountinfo").flatMap((line) =>
    / - cgroup2? /.test(line) ? (line.split(" ")[4] ?? []) : [],
  );
  const below = (folder: string): readonly string[] =>
    foldersIn(folder).flatMap((name) => [
      ...(/\/netwright-lab-/.test(`${folder}/${name}`) ? [`${folder}/${name}`] : []),
      ...below(`${folder}/${name}`),
    ]);
  return mounts.flatMap(below);
}

function foldersIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? entry.name : []));
  } catch {
    return [];
  }
}

/**
 * What is there now and was not before, and the interfaces and mounts of the machine that went: one
 * line each, empty when the machine is as it was.
 */
export function differences(before: Snapshot, after: Snapshot): readonly string[] {
  const added = (what: string, one: readonly string[], two: readonly string[]) => {
    const known = new Set(one);
    return two.filter((item) => !known.has(item)).map((item) => `${what} ${item}`);
  };
  const keyed = (what: string, one: Readonly<Record<string, string>>, two: Readonly<Record<string, string>>) =>
    Object.entries(two)
      .filter(([key]) => !(key in one))
      .map(([key, text]) => `${what} ${key} ${text}`);
  return [
    ...keyed("process", before.processes, after.processes),
    ...keyed("namespace", before.namespaces, after.namespaces),
    ...added("mount", before.mounts, after.mounts),
    ...added("interface", before.interfaces, after.interfaces),
    ...added("socket", before.sockets, after.sockets),
    ...added("file", before.files, after.files),
    ...added("mount gone:", after.mounts, before.mounts),
    ...added("interface gone:", after.interfaces, before.interfaces),
  ];
}

/**
 * What is left since `before` once the kernel had `withinMs` to finish: it frees a sandbox's
 * namespaces in the background.
 */
export async function leftSince(before: Snapshot, watch: Watch, withinMs = 5_000): Promise<readonly string[]> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const left = differences(before, takeSnapshot(watch));
    if (left.length === 0 || Date.now() >= deadline) return left;
    await sleep(100);
  }
}

/** The programs that take this snapshot: this process and its forebears; their other children are theirs too. */
function ownPids(): ReadonlySet<number> {
  const pids = new Set<number>();
  for (let pid = process.ppid; pid > 1; ) {
    pids.add(pid);
    pid = Number(/^PPid:\s+(\d+)/m.exec(text(`/proc/${pid}/status`))?.[1] ?? 0);
  }
  return pids;
}

type SeenProcess = {
  readonly id: string;
  readonly parent: number;
  readonly text: string;
  readonly namespaces: readonly string[];
};

function readProcess(pid: string, watch: Watch): SeenProcess | undefined {
  const stat = text(`/proc/${pid}/stat`);
  const uid = Number(/^Uid:\s+(\d+)/m.exec(text(`/proc/${pid}/status`))?.[1] ?? -1);
  if (stat === "" || !within(watch.ids, uid) || pid === String(process.pid)) return undefined;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state = "?", parent = "?"] = fields;
  // A kernel thread has no mounts of its own to speak of and is nobody's; kthreadd is pid 2 (proc(5)).
  if (parent === "2" || pid === "2") return undefined;
  // Dead, and waiting for an init that does not collect: some containers have such a PID 1.
  if (state === "Z" && parent === "1") return undefined;
  if (watch.under === "shared" && !(watch.mark === undefined ? namesNetwright(pid) : carries(pid, watch.mark)))
    return undefined;
  const command = text(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();
  const name = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
  return {
    // Field 22 of proc_pid_stat(5); `fields` begins at field 3.
    id: `${pid}@${fields[19]}`,
    parent: Number(parent),
    text: `${command === "" ? `[${name}]` : command} (uid ${uid}, parent ${parent}, state ${state})`,
    namespaces: namespacesOf(pid),
  };
}

const names = (what: string): boolean => /netwright/i.test(what);
const namesNetwright = (pid: string): boolean =>
  ["cmdline", "environ", "mountinfo"].some((file) => names(text(`/proc/${pid}/${file}`))) ||
  names(link(`/proc/${pid}/cwd`));

/** Whether the environment it was started with has the mark, or that of one of its forebears. */
function carries(pid: string, mark: string): boolean {
  for (let one = pid; Number(one) > 1; one = /^PPid:\s+(\d+)/m.exec(text(`/proc/${one}/status`))?.[1] ?? "0") {
    if (text(`/proc/${one}/environ`).split("\0").includes(mark)) return true;
  }
  return false;
}

function namespacesOf(pid: string): readonly string[] {
  const folder = `/proc/${pid}/ns`;
  try {
    return readdirSync(folder)
      .filter((name) => !name.endsWith("_for_children"))
      .map((name) => link(join(folder, name)))
      .filter((name) => name !== "");
  } catch {
    return [];
  }
}

/** Paths of bound unix sockets, abstract ones (`@…`) included (proc_net_unix(5)). */
const unixSockets = (watch: Watch): readonly string[] => [
  ...new Set(
    lines("/proc/net/unix")
      .slice(1)
      .map((line) => line.split(/\s+/)[7] ?? "")
      .filter(
        (path) =>
          names(path) ||
          watch.runtime.some((folder) => path.startsWith(`${folder}/`)) ||
          (watch.under === "dedicated" && within(watch.ids, ownerOf(path))),
      ),
  ),
];

/** TCP and UDP sockets of the ids that wait for somebody (proc_net_tcp(5)): state 0A is listening, 07 unconnected. */
function listeners(ids: readonly IdSpan[]): readonly string[] {
  return ["tcp", "tcp6", "udp", "udp6"].flatMap((protocol) =>
    lines(`/proc/net/${protocol}`)
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , uid]) => (state === "0A" || state === "07") && within(ids, Number(uid)))
      .map(([, address]) => `${protocol} ${address}`),
  );
}

function filesBelow(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name));
  } catch {
    return [];
  }
}

function entriesOwned(folder: string, { ids, under, runtime }: Watch): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => !runtime.includes(path) && within(ids, ownerOf(path)))
    .filter((path) => under === "dedicated" || names(path));
}

function ownerOf(path: string): number {
  try {
    return lstatSync(path).uid;
  } catch {
    return -1;
  }
}

function runtimeFolders(uid: number): readonly string[] {
  const environment = process.env["XDG_RUNTIME_DIR"];
  const chosen = process.env["NETWRIGHT_RUNTIME_DIR"];
  return [
    ...new Set([
      ...(chosen === undefined ? [] : [chosen]),
      ...(environment === undefined ? [] : [`${environment}/netwright`]),
      ...(uid === 0 ? ["/run/netwright"] : [`/run/user/${uid}/netwright`]),
      `/tmp/netwright-${uid}`,
    ]),
  ];
}

/** A user's lines of /etc/subuid (subuid(5)). Root's labs take ids far up where it has none. */
function subordinateIds(uid: number): readonly IdSpan[] {
  const name = new RegExp(`^([^:]*):[^:]*:${uid}:`, "m").exec(text("/etc/passwd"))?.[1];
  const granted = lines("/etc/subuid")
    .map((line) => line.split(":"))
    .filter(([owner]) => owner === name || owner === String(uid))
    .map(([, first, count]) => ({ first: Number(first), count: Number(count) }));
  return uid === 0 ? [...granted, { first: 2_000_000_000, count: 65_536 }] : granted;
}

const within = (ids: readonly IdSpan[], id: number): boolean =>
  ids.some(({ first, count }) => id >= first && id < first + count);

const lines = (path: string): readonly string[] =>
  text(path)
    .split("\n")
    .filter((line) => line !== "");

function text(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
