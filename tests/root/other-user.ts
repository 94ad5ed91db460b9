import { execFileSync, spawn } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";

/** A user with no right but that of a group, who runs Netwright's command line from this checkout. */
export class OtherUser implements Disposable {
  /** The user's, to write in. */
  readonly folder: string;
  readonly uid: number;
  readonly #gid: number;
  readonly #group: number;
  readonly #environment: Readonly<Record<string, string>>;

  /** @param group the one that the user is in besides the user's own */
  constructor(group: number, environment: Readonly<Record<string, string>>) {
    const { uid, gid } = someone();
    this.uid = uid;
    this.#gid = gid;
    this.#group = group;
    this.folder = mkdtempSync(join(tmpdir(), "nw-user-"));
    chmodSync(this.folder, 0o755);
    chownSync(this.folder, uid, gid);
    const runtime = join(this.folder, "runtime");
    mkdirSync(runtime, { mode: 0o700 });
    chownSync(runtime, uid, gid);
    this.#environment = {
      PATH: "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
      HOME: this.folder,
      TMPDIR: this.folder,
      XDG_RUNTIME_DIR: runtime,
      ...environment,
    };
  }

  async netwright(
    ...words: readonly string[]
  ): Promise<{ readonly status: number | null; readonly stdout: string; readonly stderr: string }> {
    const ids = [`--reuid=${this.uid}`, `--regid=${this.#gid}`, `--groups=${this.#gid},${this.#group}`];
    const program = join(import.meta.dirname, "../../src/cli/main.ts");
    const argv = [...ids, "--inh-caps=-all", process.execPath, "--no-warnings", program, ...words];
    const child = spawn("setpriv", argv, {
      cwd: this.folder,
      env: this.#environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const exit = new Promise<number | null>((resolve) => child.once("close", resolve));
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { status: await exit, stdout, stderr };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Whose checkout this is; of root's, the first user with subordinate ids, or nobody. */
function someone(): { readonly uid: number; readonly gid: number } {
  const { uid, gid } = statSync(import.meta.dirname);
  if (uid !== 0) return { uid, gid };
  const names = readFileSync("/etc/subuid", "utf8")
    .split("\n")
    .flatMap((line) => line.split(":")[0] ?? []);
  for (const name of names) {
    try {
      const [, , id, group] = execFileSync("getent", ["passwd", name], { encoding: "utf8" }).split(":");
      if (id !== "0") return { uid: Number(id), gid: Number(group) };
    } catch {
      // It is nobody's any more.
    }
  }
  return { uid: 65_534, gid: 65_534 };
}
