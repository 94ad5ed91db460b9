import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Netwright } from "../cli/netwright.ts";
import { busyboxEntries, tarOf, writeLayout } from "./image-layout.ts";

/** Changed nodes saved as images: what comes out of a second lab that is made of them. */

let netwright: Netwright;

const lab = `
name: workshop
nodes:
  web:
    image: oci:base
    command: none
    interfaces: {eth0: 10.0.0.1/24}
    files: {/etc/motd: "from the lab file\\n"}
    mounts: [{source: mounted, target: /srv/mounted}]
  plain: {interfaces: {eth0: 10.0.0.2/24}}
  still: {image: "oci:base", command: none}
  sw: {kind: switch}
networks: {lan: [web, plain]}
`;
const second = `
name: second
nodes:
  copy: {image: "team/web:v2", command: none, interfaces: {eth0: 10.0.0.9/24}}
`;

beforeAll(async () => {
  netwright = await Netwright.open({
    "lab.yaml": lab,
    "second/lab.yaml": second,
    "mounted/inside": "of the machine\n",
  });
  writeLayout(
    `${netwright.folder}/base`,
    [
      await tarOf([
        ...busyboxEntries(),
        { name: "srv/", type: "directory", uid: 33, gid: 33 },
        { name: "srv/kept", content: "kept\n" },
        { name: "srv/gone", content: "x" },
        { name: "opt/new/", type: "directory" },
        { name: "opt/new/below", content: "x" },
      ]),
    ],
    { settings: { Env: ["MOOD=calm"], WorkingDir: "/srv", Cmd: ["sh"] } },
  );
  await netwright.ok("up", "--quiet");
}, 120_000);
afterAll(async () => {
  await netwright?.call(["down", "--all"]);
  await netwright?.call(["image", "prune", "--all"]);
  await netwright?.[Symbol.asyncDispose]();
});

const shell = (node: string, script: string, lab = "workshop") =>
  netwright.ok("exec", "-n", lab, node, "--", "sh", "-c", script);

describe("a node that is saved", () => {
  test("is what a second lab starts from: what it wrote, removed and replaced, and nothing of its lab", async () => {
    await shell(
      "web",
      [
        "echo new >/srv/new; chown 33:33 /srv/new; chmod 4750 /srv/new; ln /srv/new /srv/again; ln -s kept /srv/link",
        "mkfifo /srv/pipe; rm /srv/gone",
        "rm -r /opt/new; mkdir /opt/new; echo above >/opt/new/above",
        "mkdir -p /var/lib/app; echo state >/var/lib/app/state; head -c 3000000 /dev/zero >/var/lib/app/large",
        "echo nameserver 192.0.2.1 >/etc/resolv.conf; echo web:x:44:44::/:/bin/sh >>/etc/passwd",
        "echo on the machine >/srv/mounted/outside",
      ].join("\n"),
    );
    const made = JSON.parse(await netwright.ok("commit", "--json", "-n", "workshop", "web", "team/web:v2"));
    expect(made).toMatchObject({ image: { name: "team/web:v2" }, copied: { skippedCount: 0 } });
    await netwright.ok("up", "--quiet", "-f", "second/lab.yaml");
    const look = (script: string) => shell("copy", script, "second");
    expect(await look("ls /srv /opt/new; stat -c '%a %u:%g %h %s' /srv/new; readlink /srv/link")).toBe(
      "/opt/new:\nabove\n\n/srv:\nagain\nkept\nlink\nnew\npipe\n4750 33:33 2 4\nkept\n",
    );
    expect(await look("cat /var/lib/app/state /etc/motd; stat -c %s /var/lib/app/large; tail -n 1 /etc/passwd")).toBe(
      "state\nfrom the lab file\n3000000\nweb:x:44:44::/:/bin/sh\n",
    );
    // The new node's own, and the settings of the image.
    expect(await look("cat /etc/hostname; grep -c 192.0.2.1 /etc/resolv.conf; true")).toBe("copy\n0\n");
    expect(await look("echo $MOOD; pwd")).toBe("calm\n/srv\n");
    const { config, layers } = JSON.parse(await netwright.ok("image", "inspect", "--json", "team/web:v2"));
    expect(config.history.at(-1).created_by).toBe("netwright commit web");
    expect(layers).toHaveLength(2);
  });

  test("may have changed nothing; and a snapshot of a snapshot has a layer more", async () => {
    const { copied } = JSON.parse(await netwright.ok("commit", "--json", "-n", "workshop", "still", "still"));
    expect(copied).toMatchObject({ files: 0, folders: 0 });
    await netwright.ok("commit", "-n", "second", "copy", "team/web:v3");
    const { layers } = JSON.parse(await netwright.ok("image", "inspect", "--json", "team/web:v3"));
    expect(layers).toHaveLength(3);
  });

  test("is sent to where --push says, and is read from there", async () => {
    await netwright.ok("commit", "-n", "workshop", "web", "away", "--push", "docker-archive:away.tar:away:v1");
    await netwright.ok("image", "pull", "docker-archive:away.tar:away:v1");
    const { config } = JSON.parse(await netwright.ok("image", "inspect", "--json", "docker-archive:away.tar:away:v1"));
    expect(config.config.WorkingDir).toBe("/srv");
  });

  test("must have an image, which is still there, and the new one a name", async () => {
    const codes = async (...argv: readonly string[]) => {
      const { stdout } = await netwright.call(["commit", "--json", "-n", "workshop", ...argv]);
      return (JSON.parse(stdout) as { errors: { code: string }[] }).errors[0]?.code;
    };
    expect(await codes("plain", "x")).toBe("IMAGE_NODE_NEEDED");
    expect(await codes("sw", "x")).toBe("COMMIT_UNSUPPORTED");
    expect(await codes("nobody", "x")).toBe("NODE_NOT_FOUND");
    expect(await codes("web", "oci:folder")).toBe("IMAGE_NAME_INVALID");
    writeLayout(`${netwright.folder}/base`, [await tarOf([{ name: "other", content: "x" }])]);
    await netwright.ok("image", "pull", "oci:base");
    await netwright.ok("image", "rm", "still", "away", "docker-archive:away.tar:away:v1");
    expect(await codes("still", "x")).toBe("COMMIT_BASE_GONE");
  });
});
