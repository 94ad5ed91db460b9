import { readFileSync } from "node:fs";
import { labError } from "../../topology/index.ts";

export type User = { readonly uid: number; readonly gid: number; readonly home: string; readonly name: string };

/**
 * Finds a user where this thread is (call it in the node's mount namespace).
 *
 * @param wanted a name, or `uid` or `uid:gid` in numbers (passwd(5))
 * @throws USER_NOT_FOUND
 */
export function findUser(wanted: string, node: string): User {
  return userIn(readLines("/etc/passwd"), wanted, node);
}

/**
 * The same by a passwd(5) that somebody else has read; of groups that are not numbers, this thread's.
 *
 * @throws USER_NOT_FOUND
 */
export function userIn(passwd: readonly string[], wanted: string, node: string): User {
  const [name = "", group] = wanted.split(":");
  const entries = passwd.map((line) => line.split(":"));
  const entry = entries.find((fields) => fields[0] === name || fields[2] === name);
  const numeric = /^\d+$/.test(name);
  if (entry === undefined && !numeric) throw labError("USER_NOT_FOUND", { user: wanted, node });
  const gid = group === undefined ? Number(entry?.[3] ?? name) : findGroup(group, wanted, node);
  return { uid: Number(entry?.[2] ?? name), gid, home: entry?.[5] ?? "/", name: entry?.[0] ?? name };
}

function findGroup(group: string, wanted: string, node: string): number {
  if (/^\d+$/.test(group)) return Number(group);
  const entry = readLines("/etc/group")
    .map((line) => line.split(":"))
    .find((fields) => fields[0] === group);
  if (entry === undefined) throw labError("USER_NOT_FOUND", { user: wanted, node });
  return Number(entry[2]);
}

function readLines(path: string): readonly string[] {
  try {
    return readFileSync(path, "utf8").split("\n");
  } catch {
    return [];
  }
}
