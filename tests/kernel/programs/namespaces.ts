import { spawnSync } from "node:child_process";
import { closeSync, readdirSync, readlinkSync } from "node:fs";
import { readlink } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import {
  createNetns,
  getLimit,
  inNamespaces,
  Namespace,
  raiseOpenFileLimit,
  sethostname,
  setLimit,
  unshare,
} from "../../../src/kernel/index.ts";
import { errorOf, main } from "./scenario.ts";

const kinds = ["net", "mnt", "uts", "ipc"] as const;
const inodes = () => kinds.map((kind) => readlinkSync(`/proc/thread-self/ns/${kind}`));
const childInode = (kind: string) =>
  spawnSync("readlink", [`/proc/self/ns/${kind}`], { encoding: "utf8" }).stdout.trim();
const openNamespaceFiles = () =>
  readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return /^(net|mnt|uts|ipc|pid):/.test(readlinkSync(`/proc/self/fd/${fd}`));
    } catch {
      return false; // The descriptor that reads the directory is gone by now.
    }
  }).length;

/** A process that sits in namespaces of its own, to be entered. */
function neighbour(): { pid: number; namespaces: Namespace[] } {
  const script = "echo $$; exec sleep 60 >/dev/null 2>&1 &";
  const { stdout } = spawnSync("unshare", ["--net", "--mount", "--uts", "--ipc", "sh", "-c", `${script} echo $!`], {
    encoding: "utf8",
  });
  const pid = Number(stdout.trim().split("\n").at(-1));
  return { pid, namespaces: kinds.map((kind) => Namespace.ofProcess(pid, kind)) };
}

await main({
  "in and back": () => {
    const { pid, namespaces } = neighbour();
    const theirs = kinds.map((kind) => readlinkSync(`/proc/${pid}/ns/${kind}`));
    process.chdir("/tmp");
    const home = inodes();
    const files = openNamespaceFiles();
    const seen = inNamespaces(namespaces, () => ({
      inside: inodes(),
      children: kinds.map(childInode),
      directory: process.cwd(),
      childDirectory: spawnSync("pwd", { encoding: "utf8" }).stdout.trim(),
    }));
    return {
      home,
      theirs,
      ...seen,
      afterwards: inodes(),
      directoryAfterwards: [process.cwd(), readlinkSync("/proc/thread-self/cwd")],
      leaked: openNamespaceFiles() - files,
    };
  },
  "back after an error": () => {
    const home = inodes();
    const { namespaces } = neighbour();
    const error = errorOf(() =>
      inNamespaces(namespaces, () => {
        throw new Error("in the body");
      }),
    );
    return { home, afterwards: inodes(), error };
  },
  "back when one cannot be entered": () => {
    const home = inodes();
    const netns = createNetns();
    const closed = createNetns();
    closed.close();
    let ran = false;
    const error = errorOf(() => inNamespaces([netns, closed], () => (ran = true)));
    return { home, afterwards: inodes(), ran, error };
  },
  nested: () => {
    const [outer, inner] = [createNetns(), createNetns()];
    const inode = () => Namespace.current("net").inode;
    const home = inode();
    const seen = inNamespaces([outer], () => [inode(), inNamespaces([inner], inode), inode()]);
    return {
      seen,
      expected: [outer.inode, inner.inode, outer.inode],
      home,
      afterwards: inode(),
      distinct: new Set([home, outer.inode, inner.inode]).size,
    };
  },
  "the thread pool stays at home": async () => {
    const home = readlinkSync("/proc/thread-self/ns/net");
    const netns = createNetns();
    // The first asynchronous file access of this process: libuv's threads would start here.
    const fromThreadPool = await inNamespaces([netns], () => readlink("/proc/thread-self/ns/net"));
    return { home, fromThreadPool };
  },
  "a pid namespace for children": () => {
    const { stdout } = spawnSync("unshare", ["--pid", "--fork", "sh", "-c", "sleep 60 >/dev/null 2>&1 & echo"], {
      encoding: "utf8",
    });
    void stdout;
    const child = spawnSync("sh", ["-c", "unshare --pid --fork sleep 60 >/dev/null 2>&1 & sleep 0.3; pgrep -n sleep"], {
      encoding: "utf8",
    });
    const pid = Number(child.stdout.trim());
    const theirs = readlinkSync(`/proc/${pid}/ns/pid`);
    const inside = inNamespaces([Namespace.ofProcess(pid, "pid")], () => childInode("pid"));
    return { theirs, inside, own: readlinkSync("/proc/self/ns/pid"), afterwards: childInode("pid") };
  },
  "a worker thread": async () => {
    const url = new URL("../../../src/kernel/index.ts", import.meta.url).href;
    const code = `import(${JSON.stringify(url)}).then(({ createNetns }) => { try { createNetns(); } catch (error) { require("node:worker_threads").parentPort.postMessage(error.message); } })`;
    const worker = new Worker(code, { eval: true });
    return new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
  },
  "no way back": () => {
    inNamespaces([createNetns()], () => {
      // Takes away what leads home: every namespace file there is.
      for (const fd of readdirSync("/proc/self/fd").map(Number)) {
        let target = "";
        try {
          target = readlinkSync(`/proc/self/fd/${fd}`);
        } catch {
          continue;
        }
        if (target.startsWith("net:")) closeSync(fd);
      }
    });
    return "still alive";
  },
  unshare: () => {
    const before = inodes();
    unshare(["uts", "ipc"]);
    sethostname("lab-1");
    return {
      before,
      after: inodes(),
      hostname: spawnSync("hostname", { encoding: "utf8" }).stdout.trim(),
      tooLong: errorOf(() => sethostname("x".repeat(65))),
    };
  },
  limits: () => {
    setLimit("openFiles", { soft: 64, hard: 128 });
    const lowered = getLimit("openFiles");
    const raised = raiseOpenFileLimit();
    const shell = spawnSync("sh", ["-c", "ulimit -Sn; ulimit -Hn"], { encoding: "utf8" })
      .stdout.trim()
      .split("\n")
      .map(Number);
    return {
      lowered,
      raised,
      shell,
      core: getLimit("coreBytes"),
      beyond: errorOf(() => setLimit("openFiles", { soft: 64, hard: 1 << 30 })),
    };
  },
});
