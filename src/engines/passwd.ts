import { labError } from "../topology/index.ts";

export type User = { readonly uid: number; readonly gid: number; readonly home: string; readonly name: string };

/** The texts of a node's passwd(5) and group(5); empty where it has none. */
export type Accounts = { readonly passwd: string; readonly group: string };

/**
 * Finds a user of a node.
 *
 * @param wanted a name, or `uid` or `uid:gid` in numbers
 * @throws USER_NOT_FOUND
 */
export function findUserIn({ passwd, group }: Accounts, wanted: string, node: string): User {
  const [name = "", ofGroup] = wanted.split(":");
  const entry = linesOf(passwd).find((fields) => fields[0] === name || fields[2] === name);
  const numeric = /^\d+$/.test(name);
  if (entry === undefined && !numeric) throw labError("USER_NOT_FOUND", { user: wanted, node });
  const gid = ofGroup === undefined ? Number(entry?.[3] ?? name) : groupIn(group, ofGroup);
  if (gid === undefined) throw labError("USER_NOT_FOUND", { user: wanted, node });
  return { uid: Number(entry?.[2] ?? name), gid, home: entry?.[5] ?? "/", name: entry?.[0] ?? name };
}

function groupIn(text: string, group: string): number | undefined {
  if (/^\d+$/.test(group)) return Number(group);
  const entry = linesOf(text).find((fields) => fields[0] === group);
  return entry === undefined ? undefined : Number(entry[2]);
}

const linesOf = (text: string): readonly (readonly string[])[] => text.split("\n").map((line) => line.split(":"));
