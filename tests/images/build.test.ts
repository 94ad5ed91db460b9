import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dpkgSteps } from "../../src/client/build/packages.ts";
import { readRecipe } from "../../src/client/build/read-recipe.ts";
import { finished, Netwright } from "../cli/netwright.ts";
import { busyboxEntries, tarOf, writeLayout } from "./image-layout.ts";

/** Images that are built: of an image at hand, and of Debian packages, as those of images/. */

const recipes = join(import.meta.dirname, "../../images");

let netwright: Netwright;

beforeAll(async () => {
  netwright = await Netwright.open();
  writeLayout(
    `${netwright.folder}/base`,
    [await tarOf([...busyboxEntries(), { name: "lib2", type: "symlink", linkname: "var" }])],
    { settings: { Env: ["PATH=/bin"], Entrypoint: ["sh"], Cmd: ["-c", "true"] } },
  );
});
afterAll(async () => {
  await netwright?.call(["down", "--all"]);
  await netwright?.call(["image", "prune", "--all"]);
  await netwright?.[Symbol.asyncDispose]();
});

type Built = { readonly image: { readonly name: string; readonly id: string; readonly manifest: string } };

async function build(...argv: readonly string[]): Promise<Built["image"]> {
  return (JSON.parse(await netwright.ok("image", "build", "--json", ...argv)) as Built).image;
}

async function inspect(name: string) {
  return JSON.parse(await netwright.ok("image", "inspect", "--json", name)) as {
    readonly layers: readonly unknown[];
    readonly config: { readonly created: string; readonly config: Readonly<Record<string, unknown>> };
  };
}

async function errorOf(...argv: readonly string[]) {
  const { stdout, exitCode } = await netwright.call(["image", "build", "--json", ...argv]);
  return { exitCode, error: (JSON.parse(stdout) as { errors: { code: string; message: string }[] }).errors[0] };
}

describe("an image on top of another", () => {
  test("has its files, what its commands did, and its settings; twice the same, byte for byte", async () => {
    netwright.write({
      "web.yaml": `
name: team/web:v1
from: oci:base
files:
  /srv/index.html: {from: page.html}
  /lib2/through: "a link\\n"
  /bin/serve: {content: "#!/bin/sh\\nexec httpd -f -p 80 -h /srv\\n", mode: "0755"}
run:
  - [chown, "33:33", /srv]
  - {shell: 'echo "$MOOD" >/srv/mood; rm /bin/vi; ls /sys/class/net >/srv/network'}
entrypoint: [serve]
environment: {MOOD: calm}
working-directory: /srv
stop-signal: SIGKILL
labels: {b: 2, a: 1}
`,
      "page.html": "built\n",
      "lab.yaml": `
name: built
nodes:
  web: {image: "team/web:v1", interfaces: {eth0: 10.0.0.1/24}}
  look: {image: "team/web:v1", command: none, entrypoint: [], interfaces: {eth0: 10.0.0.2/24}}
links: [[web, look]]
`,
    });
    const first = await build("web.yaml");
    expect(first.name).toBe("team/web:v1");
    const again = await build("web.yaml", "team/web:again");
    expect(again).toEqual({ ...first, name: "team/web:again" });
    // A registry is not asked for what was made here.
    await netwright.ok("image", "pull", "team/web:v1");
    const { config, layers } = await inspect("team/web:v1");
    expect(layers).toHaveLength(2);
    expect(config.created).toBe("2025-01-01T00:00:00.000Z");
    expect(config.config).toEqual({
      Env: ["PATH=/bin", "MOOD=calm"],
      Entrypoint: ["serve"],
      Cmd: [],
      WorkingDir: "/srv",
      StopSignal: "SIGKILL",
      Labels: { a: "1", b: "2" },
    });
    await netwright.ok("up", "--quiet");
    const look = (script: string) => netwright.ok("exec", "look", "--", "sh", "-c", script);
    expect(
      await look("cat mood /var/through; cat network; stat -c %u:%g . ; ls -d /bin/vi 2>&1 | wc -l; stat -c %Y mood"),
    ).toBe("calm\na link\nlo\n33:33\n1\n1735689600\n");
    await expect.poll(() => look("wget -qO- http://web/ 2>&1; true")).toBe("built\n");
    await netwright.ok("down");
  });

  test("may differ in its settings alone, and then has no layer of its own", async () => {
    netwright.write({ "same.yaml": "from: oci:base\nuser: web\n" });
    expect(await build("same.yaml")).toMatchObject({ name: "same:latest" });
    const { layers, config } = await inspect("same");
    expect(layers).toHaveLength(1);
    expect(config.config).toMatchObject({ User: "web", Entrypoint: ["sh"], Cmd: ["-c", "true"] });
  });

  test("that fails says why, and leaves nothing", async () => {
    netwright.write({
      "bad.yaml": 'from: oci:base\nrun: [{shell: "echo no such luck >&2; exit 7"}]\n',
      "nobase.yaml": "from: oci:nowhere\nrun: [[ls]]\n",
      "nodebian.yaml": "from: oci:base\npackages: [hello]\n",
      "packages.yaml": "packages: [hello]\n",
      "wrong.yaml": "packages: hello\n",
    });
    expect(await errorOf("bad.yaml")).toMatchObject({
      exitCode: 1,
      error: {
        code: "RECIPE_STEP_FAILED",
        message: expect.stringMatching(/failed with exit code 7[\s\S]*no such luck/),
      },
    });
    // Root alone in a namespace has one id, as users without subordinate ids have.
    const [program, ...argv] = netwright.program;
    const alone = spawn(
      "unshare",
      ["--user", "--map-root-user", program, ...argv, "image", "build", "--json", "packages.yaml"],
      {
        cwd: netwright.folder,
        env: { ...netwright.environment, NETWRIGHT_CACHE_DIR: join(netwright.folder, "alone") },
      },
    );
    expect((await finished(alone)).stdout).toContain("RECIPE_NEEDS_IDS");
    expect((await errorOf("nobase.yaml")).error?.code).toMatch(/^IMAGE_/);
    expect((await errorOf("nodebian.yaml")).error?.code).toBe("RECIPE_NO_DEBIAN");
    expect(await errorOf("wrong.yaml")).toMatchObject({ exitCode: 2, error: { code: "RECIPE_INVALID" } });
    expect(await errorOf("missing.yaml")).toMatchObject({ exitCode: 2, error: { code: "RECIPE_UNREADABLE" } });
    expect((await errorOf("bad.yaml", "oci:x")).error?.code).toBe("IMAGE_NAME_INVALID");
    const names = JSON.parse(await netwright.ok("image", "ls", "--json")) as { images: { name: string }[] };
    expect(names.images.map(({ name }) => name).filter((name) => /bad|nodebian|build/.test(name))).toEqual([]);
    expect(await netwright.ok("ps", "--json")).toContain('"labs": []');
  });
});

test("dpkg is told what apt would tell it: first what others need before they are unpacked", () => {
  const simulation = `Reading package lists...
NOTE: This is only a simulation!
Inst libb [1.0] (2:1.1-1 Debian:12.11/oldstable [amd64])
Inst liba (1.0~rc1+b1 Debian:12.11/oldstable, Debian-Security:12 [all])
Conf libb (2:1.1-1 Debian:12.11/oldstable [amd64])
Conf liba (1.0~rc1+b1 Debian:12.11/oldstable [all])
Inst program:i386 (3 Debian:12.11/oldstable [i386]) []
Conf program:i386 (3 Debian:12.11/oldstable [i386])
`;
  expect(dpkgSteps(simulation)).toEqual([
    { do: "unpack", files: ["libb_2%3a1.1-1_amd64.deb", "liba_1.0~rc1+b1_all.deb"] },
    { do: "configure", packages: ["libb", "liba"] },
    { do: "unpack", files: ["program_3_i386.deb"] },
    { do: "configure", packages: ["program:i386"] },
  ]);
});

const missing = ["/usr/bin/mmdebstrap", "/usr/bin/apt-get"].find((path) => !existsSync(path));
const skipWithout = (context: { skip(why: string): void }) => {
  if (missing !== undefined) context.skip(`${missing} is not here (make setup-tests)`);
};

describe("the images of images/", () => {
  beforeAll(async () => {
    if (missing !== undefined) return;
    const recipe = (name: string) => join(recipes, `${name}.yaml`);
    await build(recipe("host"));
    await Promise.all(["dns-server", "firewall", "router"].map((name) => build(recipe(name))));
  }, 600_000);

  test("are all recipes that can be followed, each on top of one that is there", () => {
    const all = readdirSync(recipes).map((file) => readRecipe(recipes, file));
    const references = new Set(all.map(({ name }) => `docker.io/${name}:latest`));
    for (const { recipe, name } of all) {
      expect(name).toMatch(/^netwright\//);
      if (recipe.base.from === "image") expect(references).toContain(recipe.base.reference);
    }
  });

  test("hold nothing of the machine that they were built on", async (context) => {
    skipWithout(context);
    netwright.write({
      "look.yaml": "name: look\nnodes: {a: {image: netwright/router}}\n",
    });
    await netwright.ok("up", "--quiet", "-f", "look.yaml");
    const look = (script: string) => netwright.ok("exec", "-n", "look", "a", "--", "sh", "-c", script);
    expect(await look("find / -xdev -newermt '2025-01-02' -type f ! -path '/etc/host*' ! -path /etc/resolv.conf")).toBe(
      "",
    );
    expect(
      await look(
        "find /etc/apt /var/cache/apt /var/lib/apt /var/log /usr/sbin/policy-rc.d -type f -size +0 2>/dev/null; true",
      ),
    ).toBe("/etc/apt/apt.conf.d/70debconf\n/var/lib/apt/extended_states\n");
    expect(await look("stat -c %U:%G /etc/frr; id frr | cut -d= -f1")).toBe("frr:frr\nuid\n");
    await netwright.ok("down", "-n", "look");
  });

  test("run the kinds that they are for: an address by DHCP, a name by DNS, a page through a firewall, a router", async (context) => {
    skipWithout(context);
    netwright.write({
      "office.yaml": `
name: office
nodes:
  pc: {image: netwright/host, interfaces: {eth0: dhcp}}
  dhcp:
    kind: dhcp-server
    image: netwright/dns-server
    interfaces: {eth0: 10.0.0.2/24}
    pools: [{first: 10.0.0.100, last: 10.0.0.199, gateway: 10.0.0.1, nameservers: dns, domain: lab.example}]
  dns:
    kind: dns-server
    image: netwright/dns-server
    interfaces: {eth0: 10.0.0.53/24}
    zones: {lab.example: {records: {www: {cname: site}}}}
  fw:
    kind: firewall
    image: netwright/firewall
    interfaces: {eth0: 10.0.0.1/24, eth1: 10.0.1.1/24}
    policy: drop
    allow: [{to: site, protocol: tcp, ports: [80]}, {from: eth1, protocol: icmp}]
  site:
    kind: web
    image: netwright/host
    interfaces: {eth0: {addresses: 10.0.1.80/24, gateway: 10.0.1.1}}
    content: {index.html: "It has a name.\\n"}
  r:
    kind: router
    image: netwright/router
    interfaces: {eth0: 10.0.0.3/24}
    frr: {config: "ip route 192.0.2.0/24 Null0\\n"}
networks: {lan: [pc, dhcp, dns, "fw:eth0", r]}
links: [["fw:eth1", site]]
`,
    });
    await netwright.ok("up", "--quiet", "-f", "office.yaml");
    const on = (node: string, ...argv: readonly string[]) => netwright.ok("exec", "-n", "office", node, "--", ...argv);
    expect(await on("pc", "cat", "/etc/resolv.conf")).toBe("search lab.example\nnameserver 10.0.0.53\n");
    expect(await on("pc", "busybox", "wget", "-qO-", "http://www.lab.example/")).toBe("It has a name.\n");
    expect(await on("pc", "sh", "-c", "ping -c 1 -W 1 site >/dev/null || echo dropped")).toBe("dropped\n");
    expect(await on("r", "vtysh", "-c", "show ip route static")).toContain("192.0.2.0/24");
    await netwright.ok("down", "-n", "office");
  });
});
