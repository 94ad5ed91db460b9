import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { locations } from "../../src/api/locations.ts";
import { buildProgram } from "../../src/cli/program.ts";

/** What deploy/ says is true of the rest of the repository, and of systemd where it is there. */

const root = join(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(join(root, file), "utf8");

/** A unit's settings, each with all that is said of it (systemd.syntax(7)). */
function unit(file: string): ReadonlyMap<string, readonly string[]> {
  const settings = new Map<string, string[]>();
  let section = "";
  for (const line of read(file).split("\n")) {
    if (/^\s*(?:[#;].*)?$/.test(line)) continue;
    const named = /^\[(\w+)\]$/.exec(line)?.[1];
    if (named !== undefined) {
      section = named;
      continue;
    }
    const [, key = "", value = ""] = /^(\w+)=(.*)$/.exec(line) ?? [];
    expect(key, line).not.toBe("");
    settings.set(`${section}.${key}`, [...(settings.get(`${section}.${key}`) ?? []), value]);
  }
  return settings;
}

const environmentOf = (lines: readonly string[]) => Object.fromEntries(lines.map((line) => line.split(/=(.*)/s)));

function requireKnownCall(argv: readonly string[]): void {
  const [name, option] = argv;
  const command = buildProgram().commands.find((one) => one.name() === name);
  expect(command?.options.map(({ long }) => long)).toContain(option);
}

/** A setting that systemd takes NoNewPrivileges for, when the user is not root (systemd.exec(5)). */
const bringsNoNewPrivileges =
  /^Service\.(?:NoNewPrivileges|SystemCall\w+|Restrict\w+|PrivateDevices|ProtectKernel\w+|ProtectClock|ProtectHostname|MemoryDenyWriteExecute|LockPersonality|DynamicUser)$/;

/** What systemd itself says of units, where it is; they are read here in any case. */
function requireTaken(units: readonly (readonly [file: string, manager: string])[]): void {
  const program = "/usr/bin/systemd-analyze";
  if (!existsSync(program)) return;
  const folder = mkdtempSync(join(tmpdir(), "nw-units-"));
  try {
    for (const [file, manager] of units) {
      // It looks for the program.
      const text = read(`deploy/systemd/${file}`).replace("/usr/local/bin/netwright", process.execPath);
      writeFileSync(join(folder, file), text);
      const options = { encoding: "utf8", env: { ...process.env, XDG_RUNTIME_DIR: folder }, stdio: "pipe" } as const;
      expect(execFileSync(program, ["verify", manager, "--man=no", join(folder, file)], options), file).toBe("");
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe("deploy/", () => {
  it("has a unit that starts the server, with its folders where the server looks, and does not end its labs", () => {
    const settings = unit("deploy/systemd/netwright.service");
    const one = (key: string) => settings.get(`Service.${key}`)?.[0];
    requireKnownCall(one("ExecStart")?.split(" ").slice(1) ?? []);
    const at = locations(environmentOf(settings.get("Service.Environment") ?? []), 1000);
    expect(at.runtime).toBe(`/run/${one("RuntimeDirectory")}`);
    expect(at.cache).toBe(`/var/cache/${one("CacheDirectory")}`);
    expect(at.state).toBe(`/var/lib/${one("StateDirectory")}/labs`);
    expect(one("ExecStart")).toContain(`/etc/${one("ConfigurationDirectory")}/server.yaml`);
    expect([one("KillMode"), one("RuntimeDirectoryPreserve")]).toEqual(["process", "yes"]);
    expect(read("deploy/systemd/netwright.sysusers")).toMatch(new RegExp(`^u ${one("User")} `, "m"));
    // newuidmap is setuid root, and writes the maps of processes of others.
    expect([...settings.keys()].filter((key) => bringsNoNewPrivileges.test(key))).toEqual([]);
    for (const right of ["CAP_SETUID", "CAP_SETGID", "CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE"])
      expect(one("CapabilityBoundingSet")).toContain(right);
    expect(one("ProtectSystem")).toBe("strict");
    requireTaken([
      ["netwright.service", "--system"],
      ["netwright-user.service", "--user"],
    ]);
    expect(unit("deploy/systemd/limits.conf").get("Service.DelegateSubgroup")).toEqual(["server"]);
    requireKnownCall(
      unit("deploy/systemd/netwright-user.service").get("Service.ExecStart")?.[0]?.split(" ").slice(1) ?? [],
    );
  });

  it("has a container file with what labs use, and the server's folders", () => {
    const text = read("deploy/Containerfile");
    const [own = ""] = read("scripts/setup.sh").split('case "${1:-}" in images');
    const packages = [...own.matchAll(/\boptional ([a-z0-9.-]+)/g)].map(([, name]) => name);
    expect(packages).toContain("uidmap");
    // Of Debian's every image.
    expect(packages.filter((name) => name !== "util-linux" && !text.includes(` ${name} `))).toEqual([]);
    const environment = environmentOf([...text.matchAll(/(?:ENV |^ {4})(\w+=\/\S+)/gm)].map(([, line]) => line ?? ""));
    const at = locations(environment, 10_000);
    const volume = /^VOLUME (\S+)$/m.exec(text)?.[1] ?? "none";
    for (const folder of [at.runtime, volume]) expect(text).toMatch(new RegExp(`install -d .* ${folder}(?: |$)`, "m"));
    for (const folder of [at.state, at.cache]) expect(folder.startsWith(`${volume}/`), folder).toBe(true);
    const call = JSON.parse(/^CMD (.*)$/m.exec(text)?.[1] ?? "[]") as string[];
    requireKnownCall(call);
    for (const [, from = ""] of text.matchAll(/^COPY ((?:web|package)\S+)/gm))
      expect(existsSync(join(root, from)), from).toBe(true);
  });
});
