import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The unprivileged user that the suite runs as when root starts it: what Netwright promises, it promises to such a user. */
export type TestUser = {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  /** The checkout's copy. */
  readonly checkout: string;
  readonly runtime: string;
};

const NAME = "netwright-test";
const MARK = ".made-for-the-netwright-test-suite";

/**
 * Makes the user, with subordinate ids and a runtime folder, or takes the one that an interrupted
 * run left, without what it left.
 */
export function makeTestUser(): TestUser {
  const found = lookUp();
  if (found !== undefined && !existsSync(join(found.home, MARK))) {
    throw new Error(`There is a user ${NAME} that the test suite did not make. Remove or rename it.`);
  }
  if (found !== undefined) removeTestUser(found);
  execFileSync("useradd", ["--create-home", "--shell", "/bin/sh", NAME], { stdio: ["ignore", "inherit", "inherit"] });
  const user = lookUp();
  if (user === undefined) throw new Error(`useradd made no user ${NAME}.`);
  writeFileSync(join(user.home, MARK), "");
  // Root runs its set from the same copy, under ids that are nobody's.
  chmodSync(user.home, 0o755);
  grantSubordinateIds();
  mkdirSync(user.runtime, { mode: 0o700 });
  execFileSync("chown", [`${user.uid}:${user.gid}`, user.runtime]);
  return user;
}

/** Ends the user's processes and removes the user with all files. */
export function removeTestUser(user: TestUser): void {
  for (const pid of processesOf(user.uid)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended by itself.
    }
  }
  // Files of nodes belong to subordinate ids, which userdel would leave.
  rmSync(user.home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  execFileSync("userdel", ["--force", NAME], { stdio: ["ignore", "ignore", "inherit"] });
}

/** The environment of the user's commands: nothing of root's but where packages come from. */
export function environmentOf(
  user: TestUser,
  inherited: Readonly<Record<string, string | undefined>>,
): NodeJS.ProcessEnv {
  const kept = Object.entries({ ...registrySettings(), ...inherited }).filter(([name]) =>
    /^(CI|TZ|LANG|NO_COLOR|FORCE_COLOR|.*_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|npm_config_(registry|cafile|.*proxy))$/i.test(
      name,
    ),
  );
  return {
    ...Object.fromEntries(kept),
    HOME: user.home,
    USER: user.name,
    LOGNAME: user.name,
    SHELL: "/bin/sh",
    PATH: inherited["PATH"],
    XDG_RUNTIME_DIR: user.runtime,
  };
}

/** Where this machine gets packages from, which may stand in root's own configuration. */
function registrySettings(): Readonly<Record<string, string>> {
  const { status, stdout } = spawnSync("npm", ["config", "list", "--json"], { encoding: "utf8" });
  if (status !== 0) return {};
  const settings: Readonly<Record<string, unknown>> = JSON.parse(stdout);
  return Object.fromEntries(
    ["registry", "cafile", "proxy", "https-proxy"].flatMap((name) => {
      const value = settings[name];
      return typeof value === "string" ? [[`npm_config_${name.replace("-", "_")}`, value]] : [];
    }),
  );
}

function lookUp(): TestUser | undefined {
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((entry) => entry.startsWith(`${NAME}:`));
  if (line === undefined) return undefined;
  const [, , uid, gid, , home = ""] = line.split(":");
  return { name: NAME, uid: Number(uid), gid: Number(gid), home, checkout: `${home}/checkout`, runtime: `${home}/run` };
}

/** useradd grants them where /etc/subuid was there and login.defs says so; elsewhere they are granted here (subuid(5)). */
function grantSubordinateIds(): void {
  for (const [file, option] of [
    ["/etc/subuid", "--add-subuids"],
    ["/etc/subgid", "--add-subgids"],
  ] as const) {
    const entries = (existsSync(file) ? readFileSync(file, "utf8") : "").split("\n").map((entry) => entry.split(":"));
    if (entries.some(([name]) => name === NAME)) continue;
    const first = Math.max(100_000, ...entries.map(([, start = "0", count = "0"]) => Number(start) + Number(count)));
    writeFileSync(file, "", { flag: "a" });
    execFileSync("usermod", [option, `${first}-${first + 65_535}`, NAME]);
  }
}

const processesOf = (uid: number): readonly number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return new RegExp(`^Uid:\\s+${uid}\\s`, "m").test(readFileSync(`/proc/${pid}/status`, "utf8"));
      } catch {
        return false;
      }
    })
    .map(Number);
