import { accessSync, constants, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import type { IdFacts } from "./id-map.ts";

/** Reads the facts that decide a sandbox's ids. `path`: the PATH to look for newuidmap in. */
export function readIdFacts(path: string): IdFacts {
  return {
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    userName: userName(),
    subuid: textOf("/etc/subuid"),
    subgid: textOf("/etc/subgid"),
    helpers: findProgram("newuidmap", path) !== undefined && findProgram("newgidmap", path) !== undefined,
    ownUidMap: textOf("/proc/self/uid_map"),
    ownGidMap: textOf("/proc/self/gid_map"),
  };
}

function userName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    // The uid has no entry in /etc/passwd; it may still have one by number in /etc/subuid.
    return undefined;
  }
}

const textOf = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
};

/** Debian keeps /sbin out of an ordinary user's PATH, and tools that labs need live there. */
export const toolPath = (path: string | undefined): string => {
  const folders = (path ?? "").split(":").filter((folder) => folder !== "");
  for (const folder of ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]) {
    if (!folders.includes(folder)) folders.push(folder);
  }
  return folders.join(":");
};

/** The absolute path of a program, as execvp(3) would find it. */
export function findProgram(name: string, path: string): string | undefined {
  for (const folder of path.split(":")) {
    const candidate = `${folder}/${name}`;
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}
