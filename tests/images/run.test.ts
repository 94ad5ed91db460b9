import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Netwright } from "../cli/netwright.ts";
import { Ui } from "../cli/ui-server.ts";
import { busyboxEntries, tarOf, writeLayout } from "./image-layout.ts";

/** Labs whose nodes are made of images, from a layout in a folder: no network is needed. */

let netwright: Netwright;

const lab = `
name: shop
nodes:
  web:
    image: oci:web
    interfaces: {eth0: 10.0.0.1/24}
    environment: {COLOUR: red}
    files: {/srv/index.html: "hello\\n"}
  bare: {image: "oci:bare", interfaces: {eth0: 10.0.0.2/24}}
  tool: {image: "oci:web", command: none, interfaces: {eth0: 10.0.0.3/24}}
networks: {lan: [web, bare, tool]}
`;

beforeAll(async () => {
  netwright = await Netwright.open({ "lab.yaml": lab });
  const base = await tarOf([
    ...busyboxEntries(),
    { name: "srv/", type: "directory", uid: 33, gid: 33 },
    { name: "srv/old", content: "old\n" },
    { name: "opt/", type: "directory" },
    { name: "opt/gone", content: "x" },
    { name: "opt/stays", content: "x" },
    { name: "var/www/", type: "directory" },
    { name: "var/www/below", content: "x" },
    { name: "etc/hosts", type: "symlink", linkname: "/etc/passwd" },
  ]);
  const changes = await tarOf([
    { name: "opt/.wh.gone" },
    { name: "var/www/", type: "directory" },
    { name: "var/www/.wh..wh..opq" },
    { name: "var/www/above", content: "x" },
    {
      name: "bin/serve",
      mode: 0o755,
      content:
        '#!/bin/sh\necho "serving as $(id -un) in $(pwd) with $MOOD and $COLOUR"\nexec httpd -f -p 8080 -h /srv\n',
    },
  ]);
  writeLayout(`${netwright.folder}/web`, [base, changes], {
    settings: { Entrypoint: ["serve"], Env: ["PATH=/bin", "MOOD=calm"], User: "web", WorkingDir: "/var/work" },
  });
  // Nothing but one file: no shell, no /etc, no library.
  writeLayout(`${netwright.folder}/bare`, [await tarOf([{ name: "file", content: "bare\n" }])], {
    compression: "zstd",
  });
  await netwright.ok("up", "--quiet");
}, 120_000);
afterAll(async () => {
  await netwright?.call(["down"]);
  // Layers belong to ids of labs: what they hold, nobody else may remove.
  await netwright?.call(["image", "prune", "--all"]);
  await netwright?.[Symbol.asyncDispose]();
});

const inNode = (node: string, ...argv: readonly string[]) => netwright.ok("exec", node, "--", ...argv);

describe("an image", () => {
  test("runs its program as it says, supervised and logged under the node's name", async () => {
    const { processStatus } = JSON.parse(await netwright.ok("inspect", "--json")) as {
      processStatus: { name: string; state: string }[];
    };
    expect(processStatus).toEqual([expect.objectContaining({ name: "web", node: "web", state: "ready" })]);
    await expect.poll(() => netwright.ok("logs", "web")).toContain("serving as web in /var/work with calm and red");
    expect(await inNode("tool", "wget", "-qO-", "http://web:8080/index.html")).toBe("hello\n");
  });

  test("is the file system, layer over layer, with the lab's names and none of the host's files", async () => {
    expect(await inNode("tool", "ls", "/opt", "/var/www")).toBe("/opt:\nstays\n\n/var/www:\nabove\n");
    expect(await inNode("tool", "stat", "-c", "%u:%g %a", "/srv")).toBe("33:33 755\n");
    expect(await inNode("tool", "cat", "/etc/hostname")).toBe("tool\n");
    expect(await inNode("tool", "cat", "/etc/hosts")).toContain("10.0.0.1\tweb");
    expect(await inNode("tool", "sh", "-c", "ls / | tr '\\n' ' '; ls /proc/1/root/ | wc -l; cat /proc/1/comm")).toMatch(
      /^bin dev etc (lib\d* )*opt proc root srv sys tmp (usr )?var \d+\nstill\n$/,
    );
    expect(await inNode("tool", "sh", "-c", "mount | grep -c overlay")).toBe("1\n");
  });

  test("is each node's own to write to, and the image stays", async () => {
    await inNode("tool", "sh", "-c", "echo mine >/srv/old; rm /opt/stays; mkdir -p /var/x/y");
    expect(await inNode("web", "cat", "/srv/old", "/opt/stays")).toBe("old\nx");
    await netwright.ok("node", "restart", "tool");
    expect(await inNode("tool", "cat", "/srv/old")).toBe("old\n");
  });

  test("may have no program at all: the node is there, and says so", async () => {
    const shell = await netwright.call(["shell", "bare"], { input: "" });
    expect(shell.exitCode).not.toBe(0);
    expect(shell.stderr).toContain("There is no shell on bare");
    expect(await inNode("tool", "ping", "-c", "1", "bare")).toContain("1 packets received");
  });

  test("that changes is taken by apply, and only its nodes start anew", async () => {
    const before = await inNode("web", "cat", "/proc/1/stat");
    writeLayout(`${netwright.folder}/bare`, [await tarOf([{ name: "file", content: "other\n" }])]);
    netwright.write({
      "lab.yaml": lab.replace('{image: "oci:bare",', '{image: "oci:bare", mounts: [{source: /bin, target: /bin}],'),
    });
    await netwright.ok("apply", "--quiet");
    expect(await inNode("web", "cat", "/proc/1/stat")).toBe(before);
  });
});

test("in the pages they are planned and applied as by the command line, and their programs go on", async () => {
  await using ui = await Ui.start(netwright);
  await ui.signIn();
  await ui.labs((labs) => labs.some(({ name, state }) => name === "shop" && state === "running"));
  const shop = "/projects/local/labs/shop";
  const { text } = (await ui.call("GET", `${shop}/text`)).body;
  expect((await ui.call("POST", `${shop}/plan`, { text })).body).toEqual({ steps: [] });
  const more = `${text.replace("[web, bare, tool]", "[web, bare, tool, more]")}`.replace(
    "networks:",
    "  more: {image: oci:web, command: none, interfaces: {eth0: 10.0.0.4/24}}\nnetworks:",
  );
  expect((await ui.call("POST", `${shop}/apply`, { text: more })).status).toBe(200);
  expect(await netwright.ok("exec", "more", "--", "wget", "-qO-", "http://10.0.0.1:8080/")).toBe("hello\n");
  expect((await ui.call("POST", `${shop}/apply`, { text })).status).toBe(200);
});
