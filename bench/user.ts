import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import type { BenchUser } from "./case.ts";

/**
 * Who runs the labs: this user; for root an ordinary one, since that is what the targets are about:
 * the one named by BENCH_USER, or the first that has subordinate ids (subuid(5)).
 *
 * @throws when root has no ordinary user to be
 */
export function chooseUser(environment: Readonly<Record<string, string | undefined>>): BenchUser {
  const me = userInfo();
  if (me.uid !== 0) return { name: me.username, uid: me.uid, gid: me.gid, home: me.homedir };
  const wanted = environment["BENCH_USER"];
  const candidates = wanted === undefined ? usersWithSubordinateIds() : [wanted];
  const known = accounts();
  for (const name of candidates) {
    const account = known.get(name);
    if (account !== undefined && account.uid !== 0) return account;
  }
  throw new Error(
    "The benchmarks run labs as an ordinary user, and there is none with subordinate ids. Name one: BENCH_USER=… make bench",
  );
}

function usersWithSubordinateIds(): string[] {
  return lines("/etc/subuid").map((line) => line.split(":")[0] ?? "");
}

/** passwd(5). */
function accounts(): ReadonlyMap<string, BenchUser> {
  return new Map(
    lines("/etc/passwd").map((line) => {
      const [name = "", , uid, gid, , home = "/"] = line.split(":");
      return [name, { name, uid: Number(uid), gid: Number(gid), home }] as const;
    }),
  );
}

function lines(path: string): string[] {
  try {
    return readFileSync(path, "utf8").split("\n").filter(Boolean);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
