import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { chmod, cp, mkdir, realpath } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** The package as a user gets it: packed, installed globally with install scripts disabled, run from there. */
const root = join(import.meta.dirname, "../..");
let folder = "";
let installed = "";
let netwright = "";

const run = (program: string, argv: readonly string[], options: { cwd?: string } = {}) =>
  promisify(execFile)(program, [...argv], { timeout: 120_000, ...options, env: environment() });

/** Nothing of the checkout: no PATH into it but for Node, no settings of an npm that runs this. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(npm_(lifecycle|package|command)|INIT_CWD|NODE_PATH|NODE_COMPILE_CACHE)/.test(name),
  );
  const path = (process.env["PATH"] ?? "").split(":").filter((entry) => !entry.endsWith("node_modules/.bin"));
  return {
    ...Object.fromEntries(kept),
    PATH: [dirname(process.execPath), ...path].join(":"),
    NETWRIGHT_RUNTIME_DIR: join(folder, "run"),
    NETWRIGHT_STATE_DIR: join(folder, "state"),
  };
}

beforeAll(async () => {
  folder = await realpath(mkdtempSync(join(tmpdir(), "netwright-pack-")));
  // Root's labs run under ids that own nothing and must get through to it.
  await chmod(folder, 0o755);
  await run("npm", ["pack", "--pack-destination", folder], { cwd: root });
  const [tarball = "none"] = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
  const prefix = join(folder, "prefix");
  await mkdir(prefix);
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--cache", join(folder, "cache")];
  await run("npm", ["install", "--global", "--prefix", prefix, ...flags, join(folder, tarball)], { cwd: folder });
  installed = join(prefix, "lib/node_modules/netwright");
  netwright = join(prefix, "bin/netwright");
}, 300_000);

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe("the package", () => {
  it("says its version", async () => {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    expect((await run(netwright, ["--version"])).stdout).toBe(`${version}\n`);
  });

  it("holds what it should and no more", () => {
    const files = readdirSync(installed).filter((name) => name !== "node_modules");
    expect(files.toSorted()).toEqual(
      ["CHANGELOG.md", "LICENSE", "README.md", "deploy", "dist", "examples", "package.json", "schema"].toSorted(),
    );
    const parts = readdirSync(installed, { recursive: true, encoding: "utf8" });
    const sources = parts.filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"));
    expect(sources.filter((name) => !/node_modules|^examples\//.test(name))).toEqual([]);
    expect(readFileSync(join(installed, "dist/THIRD-PARTY-LICENSES.txt"), "utf8")).toMatch(/^ws [\d.]+: MIT$/m);
  });

  it("declares types that need no packages but those it depends on", () => {
    const manifest = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
    const entries = Object.values(manifest.exports).flatMap((entry) =>
      typeof entry === "object" && entry !== null && "types" in entry ? [String(entry.types)] : [],
    );
    expect(entries.length).toBeGreaterThan(1);
    const outside = new Set(entries.flatMap((entry) => [...packagesOf(join(installed, entry))]));
    // Peers are what the package is used with: who imports that entry has them.
    const named = { ...manifest.dependencies, ...manifest.peerDependencies };
    expect([...outside].filter((name) => !(name in named))).toEqual([]);
    expect([...packagesOf(join(installed, manifest.exports["./testing"].types))]).not.toContain("vitest");
  });

  it("can be imported, without the command line or a supervisor", async () => {
    const program = `
      const lab = await import("netwright");
      const client = await import("netwright/client");
      const testing = await import("netwright/testing");
      console.log(typeof lab.plan, typeof client.connectLab, typeof lab.defineLab, typeof testing.startLab);`;
    const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", program], {
      cwd: join(folder, "prefix/lib"),
    });
    expect(stdout).toBe("function function function function\n");
  });

  it("brings up a lab, runs a command in it, and takes it down", async () => {
    const example = join(folder, "hello");
    await cp(join(installed, "examples/hello"), example, { recursive: true });
    await run(netwright, ["up"], { cwd: example });
    try {
      const { stdout } = await run(netwright, ["exec", "h1", "--", "ping", "-c", "1", "-W", "5", "h2"], {
        cwd: example,
      });
      expect(stdout).toContain("1 received");
      expect((await run(netwright, ["inspect", "h1"], { cwd: example })).stdout).toMatch(/^name: h1$/m);
      // The programs that a supervisor starts are there, too: the wire, and the one that measures.
      await run(netwright, ["link", "set", "h1", "h2", "--delay", "5ms", "--medium", "wire"], { cwd: example });
      const measure = [
        "link",
        "verify",
        "h1",
        "h2",
        "--frames",
        "50",
        "--seconds",
        "0.5",
        "--tolerance",
        "1s",
        "--json",
      ];
      const measured = JSON.parse((await run(netwright, measure, { cwd: example })).stdout);
      expect(measured.verification).toMatchObject({ medium: "wire", verdict: "within", ab: { arrived: 50 } });
    } finally {
      await run(netwright, ["down"], { cwd: example });
    }
    expect(JSON.parse((await run(netwright, ["ps", "--json"], { cwd: example })).stdout)).toMatchObject({ labs: [] });
  });
});

/** Packages that a declaration file and all it refers to import from; Node's own do not count. */
function packagesOf(entry: string): ReadonlySet<string> {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const [, from = ""] of readFileSync(file, "utf8").matchAll(/(?:from|import\()\s*"([^"]+)"/g)) {
      if (from.startsWith(".")) visit(resolve(dirname(file), from.replace(/\.(ts|js)$/, ".d.ts")));
      else if (!from.startsWith("node:"))
        packages.add(
          from
            .split("/")
            .slice(0, from.startsWith("@") ? 2 : 1)
            .join("/"),
        );
    }
  };
  visit(entry);
  return packages;
}
