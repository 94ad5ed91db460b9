import { spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import {
  bindMount,
  createNetns,
  inNamespaces,
  type MountInfo,
  makePrivate,
  mknod,
  mount,
  pivotRoot,
  readMounts,
  remountReadOnly,
  SysctlView,
  unmount,
} from "../../../src/kernel/index.ts";
import { uncovered } from "../../../src/kernel/mountinfo.ts";
import { errorOf, main } from "./scenario.ts";

/** A tmpfs of this sandbox, to make a mess in. */
function scratch(): string {
  makePrivate("/");
  mount({ source: "scratch", target: "/mnt", type: "tmpfs", data: "size=1m,mode=0755" });
  return "/mnt";
}

/** A tree of mounts at `<scratch>/tree`: itself, and in it `nosuid`, mounted so, and `nosuid/deep`. */
function tree(): { base: string; source: string; target: string } {
  const base = scratch();
  const source = `${base}/tree`;
  mkdirSync(source);
  mount({ source: "tree", target: source, type: "tmpfs" });
  mkdirSync(`${source}/nosuid`);
  mount({ source: "nosuid", target: `${source}/nosuid`, type: "tmpfs", flags: ["nosuid", "nodev", "noexec"] });
  mkdirSync(`${source}/nosuid/deep`);
  mount({ source: "deep", target: `${source}/nosuid/deep`, type: "tmpfs", flags: ["noatime"] });
  const target = `${base}/copy`;
  mkdirSync(target);
  return { base, source, target };
}

const optionsBelow = (path: string, mounts: readonly MountInfo[] = readMounts()) =>
  Object.fromEntries(
    mounts
      .filter(({ mountPoint }) => mountPoint === path || mountPoint.startsWith(`${path}/`))
      .map(({ mountPoint, options }) => [mountPoint.slice(path.length) || "/", options]),
  );

const writable = (path: string) => errorOf(() => writeFileSync(`${path}/probe`, "")).code;

await main({
  "mount and unmount": () => {
    const base = scratch();
    writeFileSync(`${base}/file`, "x");
    const [made] = readMounts().filter(({ mountPoint }) => mountPoint === "/mnt");
    const error = errorOf(() => mount({ source: "x", target: `${base}/absent`, type: "tmpfs" }));
    const tooBig = errorOf(() => writeFileSync(`${base}/big`, Buffer.alloc(2 << 20)));
    const file = openSync(`${base}/file`, "r");
    const busy = errorOf(() => unmount(base));
    unmount(base, { detach: true });
    closeSync(file);
    return {
      made,
      error,
      tooBig,
      busy,
      left: readMounts().some(({ mountPoint }) => mountPoint === "/mnt"),
      again: errorOf(() => unmount(base)),
    };
  },
  "bind recursively, read-only": () => {
    const { source, target } = tree();
    bindMount(source, target, { recursive: true, readOnly: true });
    return {
      copy: optionsBelow(target),
      source: optionsBelow(source),
      copyWritable: ["", "/nosuid", "/nosuid/deep"].map((path) => writable(target + path)),
      sourceWritable: ["", "/nosuid", "/nosuid/deep"].map((path) => writable(source + path)),
    };
  },
  "bind one mount, read-only": () => {
    const { source, target } = tree();
    bindMount(source, target, { readOnly: true });
    return { copy: optionsBelow(target), copyWritable: writable(target), nested: readdirSync(`${target}/nosuid`) };
  },
  "bind a file": () => {
    const base = scratch();
    writeFileSync(`${base}/a`, "from a");
    writeFileSync(`${base}/b`, "from b");
    bindMount(`${base}/a`, `${base}/b`, { readOnly: true });
    const seen = readFileSync(`${base}/b`, "utf8");
    const refused = errorOf(() => writeFileSync(`${base}/b`, "")).code;
    unmount(`${base}/b`);
    return { seen, refused, afterwards: readFileSync(`${base}/b`, "utf8") };
  },
  "read-only by remounting": () => {
    const { source, target } = tree();
    bindMount(source, target, { recursive: true });
    remountReadOnly(target, { recursive: true });
    return {
      copy: optionsBelow(target),
      copyWritable: ["", "/nosuid", "/nosuid/deep"].map((path) => writable(target + path)),
      sourceWritable: writable(source),
      notAMount: errorOf(() => remountReadOnly(`${target}/nosuid/deep/none`, { recursive: false })),
    };
  },
  "locked flags": () => {
    // /proc/sys and /sys come from outside with flags that this user namespace may not drop.
    scratch();
    mkdirSync("/mnt/host");
    bindMount("/", "/mnt/host", { recursive: true });
    // What lies under the tmpfs at /mnt was copied with it, and stays out of reach.
    const reachable = () => optionsBelow("/mnt/host", uncovered(readMounts()));
    const before = reachable();
    remountReadOnly("/mnt/host", { recursive: true });
    const after = reachable();
    const kept = (options: readonly string[]) =>
      options.filter((option) => ["nosuid", "nodev", "noexec"].includes(option));
    return {
      mounts: Object.keys(before).length,
      lost: Object.entries(before).filter(([path, options]) =>
        kept(options).some((option) => !after[path]?.includes(option)),
      ),
      // In folders of others, such as those of containers, they are out of reach as well.
      stillWritable: Object.entries(after).filter(([path, options]) => !options.includes("ro") && existsSync(path)),
    };
  },
  "change the root": () => {
    const base = scratch();
    mkdirSync(`${base}/root`);
    mount({ source: "root", target: `${base}/root`, type: "tmpfs" });
    mkdirSync(`${base}/root/old`);
    writeFileSync(`${base}/root/here`, "");
    pivotRoot(`${base}/root`, `${base}/root/old`);
    process.chdir("/");
    const names = readdirSync("/").toSorted();
    const old = existsSync("/old/usr");
    unmount("/old", { detach: true });
    return { names, old, oldAfterwards: readdirSync("/old") };
  },
  "special files": () => {
    const base = scratch();
    mkdirSync(`${base}/lower`);
    mkdirSync(`${base}/upper`);
    mkdirSync(`${base}/work`);
    mkdirSync(`${base}/merged`);
    writeFileSync(`${base}/lower/hidden`, "");
    writeFileSync(`${base}/lower/seen`, "");
    mknod(`${base}/upper/hidden`, "whiteout", 0);
    mount({
      source: "lab",
      target: `${base}/merged`,
      type: "overlay",
      data: `lowerdir=${base}/lower,upperdir=${base}/upper,workdir=${base}/work,userxattr`,
    });
    mknod(`${base}/file`, "file", 0o640);
    mknod(`${base}/fifo`, "fifo", 0o600);
    return {
      merged: readdirSync(`${base}/merged`),
      file: lstatSync(`${base}/file`).isFile(),
      mode: lstatSync(`${base}/file`).mode & 0o777,
      fifo: lstatSync(`${base}/fifo`).isFIFO(),
      exists: errorOf(() => mknod(`${base}/file`, "file", 0o640)),
    };
  },
  private: () => {
    scratch();
    const inner = spawnSync(
      "unshare",
      [
        "--mount",
        "--propagation",
        "unchanged",
        "sh",
        "-c",
        "mount -t tmpfs inner /mnt && grep -c ' /mnt ' /proc/self/mountinfo",
      ],
      { encoding: "utf8" },
    );
    return { inner: inner.stdout.trim(), outer: readMounts().filter(({ mountPoint }) => mountPoint === "/mnt").length };
  },
  "view of settings": () => {
    const stage = `${scratch()}/stage`;
    mkdirSync(stage);
    const setting = "net/ipv4/ip_default_ttl";
    const view = SysctlView.open(stage);
    const left = readMounts().some(({ mountPoint }) => mountPoint === stage);
    const nodes = [33, 44].map((ttl) => createNetns(() => writeFileSync(view.pathOf(setting), String(ttl))));
    const seen = nodes.map((node) =>
      inNamespaces([node], () =>
        [view.pathOf(setting), `/proc/sys/${setting}`].map((path) => readFileSync(path, "utf8").trim()),
      ),
    );
    const own = readFileSync(view.pathOf(setting), "utf8").trim();
    view.close();
    return { left, seen, own, closed: errorOf(() => view.pathOf(setting)).message };
  },
});
