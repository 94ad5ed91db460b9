import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { noRules } from "../../src/controller/policy/rules.ts";
import { isAppliance, runsPrograms } from "../../src/topology/index.ts";
import type { Answer } from "./caller.ts";
import { type TestServer, until } from "./test-server.ts";

/** What projects may have, and how much of it: asked for one after the other, and all at once. */
export function tryPolicy(start: () => Promise<TestServer>): void {
  let server: TestServer;
  let root: Readonly<Record<string, string>>;

  beforeAll(async () => {
    server = await start();
    server.rules = {
      registries: ["docker.io", "registry.example.org:5000", "*.images.example.org"],
      ports: { address: "192.0.2.1", from: 20_000, to: 20_002 },
      vmImages: new Map([["debian-12", "/srv/images/debian.qcow2"]]),
    };
    await server.shut();
    await server.open();
    root = await server.signIn("root", "root's password");
    for (const name of ["demo", "other"]) await server.call("POST", "/projects", { headers: root, body: { name } });
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  const deploy = (name: string, text: string, project = "demo") =>
    server.call("POST", `/projects/${project}/labs`, { headers: root, body: { name, text } });
  const lab = (name: string, project = "demo") =>
    server.call("GET", `/projects/${project}/labs/${name}`, { headers: root });
  const settles = (name: string, state = "running", project = "demo") =>
    until(
      () => lab(name, project),
      (answer) => answer.body.state === state,
    );
  const verb = (what: string, name: string, body?: object) =>
    server.call("POST", `/projects/demo/labs/${name}/${what}`, {
      headers: root,
      ...(body === undefined ? {} : { body }),
    });
  const remove = (name: string, project = "demo") =>
    server.call("DELETE", `/projects/${project}/labs/${name}`, { headers: root });
  const change = (body: object) => server.call("PATCH", "/projects/demo", { headers: root, body });
  const usage = async () => (await server.call("GET", "/projects/demo/usage", { headers: root })).body;
  const codes = ({ body }: Answer): readonly string[] =>
    (body.errors ?? [{ code: body.code }]).map((one: { code: string }) => one.code);
  const given = (name: string) =>
    server.agent
      .list()
      .then((labs) => server.agent.given([...labs.keys()].find((one) => one.startsWith(`${name}-`)) ?? ""));

  describe("a project's policy", () => {
    const reaching = {
      ports: "nodes: {a: {ports: [80]}}\n",
      internet: "nodes: {a: {internet: true}}\n",
      vms: "nodes: {a: {kind: appliance, image: debian-12}}\n",
      allowHost: "nodes: {a: {allow-host: [5432]}}\n",
    };

    it("is no to everything, until a server administrator says otherwise", async () => {
      for (const text of Object.values(reaching)) {
        const refused = await deploy("reaching", text);
        expect([refused.status, refused.body.code, refused.body.remedy]).toEqual([
          422,
          "POLICY_FORBIDS",
          expect.stringContaining("in the project's policy"),
        ]);
      }
      await server.call("POST", "/users", { headers: root, body: { name: "adam", password: "adam's password" } });
      await server.call("PUT", "/projects/demo/members/adam", { headers: root, body: { role: "admin" } });
      const adam = await server.signIn("adam", "adam's password");
      const widened = await server.call("PATCH", "/projects/demo", {
        headers: adam,
        body: { policy: { internet: true } },
      });
      expect([widened.status, widened.body.code]).toEqual([403, "NOT_ALLOWED"]);
      await change({ policy: { ports: true, internet: true, vms: true, allowHost: ["tcp/5432"] } });
      for (const [name, text] of Object.entries(reaching)) {
        expect((await deploy(name.toLowerCase(), text)).status, name).toBe(202);
        await settles(name.toLowerCase());
      }
      expect(codes(await deploy("other-port", "nodes: {a: {allow-host: [22]}}\n"))).toEqual(["POLICY_FORBIDS"]);
      // A lab that may not be any more does not start again.
      await verb("stop", "internet");
      await change({ policy: {} });
      expect(codes(await verb("start", "internet"))).toEqual(["POLICY_FORBIDS"]);
      for (const name of Object.keys(reaching)) await remove(name.toLowerCase());
    });

    it("lets virtual machines have disks of the server by name, and no other file, nor words of QEMU's", async () => {
      await change({ policy: { vms: true } });
      const vm = (settings: string) => `nodes: {a: {kind: appliance, ${settings}}}\n`;
      await deploy("vm", vm("image: debian-12"));
      await settles("vm");
      const node = (await given("vm"))?.nodes[0];
      expect(node !== undefined && isAppliance(node) && node.vm.disks).toEqual([
        { image: "/srv/images/debian.qcow2", bus: "virtio" },
      ]);
      await remove("vm");
      for (const tried of [
        ...["image: /srv/images/debian.qcow2", "image: ../etc/shadow", "image: /etc/passwd", "image: other"],
        ...["image: debian-12, arguments: [-drive, 'file=/etc/passwd']", "kernel: debian-12"],
        ...["image: debian-12, machine: 'q35,dumpdtb=/tmp/x'", "image: debian-12, cpu-model: 'qemu64,x=y'"],
        ...["image: debian-12, nic: vfio-pci", "image: debian-12, cloud-init: {user-data: {from: /etc/passwd}}"],
        ...["image: debian-12, cloud-init: {user-data: {from: debian-12}}"],
      ])
        expect((await deploy("vm", vm(tried))).status, tried).toBe(422);
      await change({ policy: {} });
    });

    it("gives no lab a way to the server's files, nor to what only the server reaches", async () => {
      await change({ policy: { ports: true, internet: true, vms: true } });
      for (const tried of [
        ...[
          "root: host",
          "mounts: ['/etc:/mnt']",
          "engine: container, image: debian",
          "files: [{path: /x, from: /etc/passwd}]",
        ],
        ...["image: 'rootfs:/'", "image: 'oci:/srv'", "image: 'docker-archive:/srv/x.tar'"],
        ...["image: 'docker-daemon:alpine:3'", "image: 'containers-storage:alpine'"],
        ...[
          "image: 'docker://127.0.0.1:5000/x'",
          "image: '127.0.0.1/x'",
          "image: 'localhost:5000/x'",
          "image: '[::1]:80/x'",
        ],
        ...["image: '169.254.169.254/latest/meta-data'", "image: '0x7f000001.:80/x'", "image: 'metadata.internal/x'"],
        ...["image: 'images.example.org.evil.example/x'", "image: 'registry.example.org:5001/x'"],
        ...["ports: ['0.0.0.0:20000:80']", "ports: ['22:22']", "ports: ['192.0.2.9:20000:80']"],
      ]) {
        const refused = await deploy("reaching", `nodes: {a: {${tried}}}\n`);
        expect(refused.status, `${tried}: ${JSON.stringify(refused.body)}`).toBe(422);
      }
      for (const image of [
        "debian:12",
        "registry.example.org:5000/x",
        "a.images.example.org/x@sha256:" + "0".repeat(64),
      ]) {
        expect((await deploy("image", `nodes: {a: {image: '${image}'}}\n`)).status, image).toBe(202);
        await settles("image");
        await remove("image");
      }
      await change({ policy: {} });
    });

    it("gives each lab ports that no other has, the same at each start", async () => {
      await change({ policy: { ports: true } });
      const portsOf = async (name: string) => {
        const node = (await given(name))?.nodes[0];
        return node !== undefined && runsPrograms(node)
          ? node.reach?.ports.map(({ address, hostPort }) => `${address}:${hostPort}`)
          : undefined;
      };
      const two = "nodes: {a: {ports: [80, '20001:81']}}\n";
      await deploy("first", two);
      await settles("first");
      expect(await portsOf("first")).toEqual(["192.0.2.1:20000", "192.0.2.1:20001"]);
      expect(codes(await deploy("second", two))).toEqual(["SERVER_PORT_TAKEN"]);
      expect(codes(await deploy("second", "nodes: {a: {ports: [80, 81]}}\n"))).toEqual(["SERVER_PORTS_USED_UP"]);
      // What was refused has nothing.
      await deploy("second", "nodes: {a: {ports: [80]}}\n");
      await settles("second");
      expect(await portsOf("second")).toEqual(["192.0.2.1:20002"]);
      await verb("stop", "first");
      await verb("start", "first");
      await settles("first");
      expect(await portsOf("first")).toEqual(["192.0.2.1:20000", "192.0.2.1:20001"]);
      // A change that fails gives back what it would have had, one that is made what it has no more.
      server.agent.refusesApply = true;
      await remove("second");
      expect(
        (await verb("apply", "first", { text: "nodes: {a: {ports: [80, '20001:81', '20002:82']}}\n" })).status,
      ).toBe(409);
      server.agent.refusesApply = false;
      expect((await verb("apply", "first", { text: "nodes: {a: {ports: ['20002:82']}}\n" })).status).toBe(200);
      await deploy("third", "nodes: {a: {ports: [80, 81]}}\n");
      await settles("third");
      expect(await portsOf("third")).toEqual(["192.0.2.1:20000", "192.0.2.1:20001"]);
      for (const name of ["first", "third"]) await remove(name);
      await change({ policy: {} });
    });
  });

  describe("a quota", () => {
    const asking = (cpus: number, memory: string) =>
      `nodes: {a: {resources: {cpus: ${cpus}, memory: ${memory}}}, s: {kind: switch}}\n`;

    it("counts what nodes may use, what machines have, and what all of a lab may", async () => {
      await change({ policy: { vms: true }, quota: { cpus: 2.5, memoryBytes: 2 ** 30 } });
      expect(codes(await deploy("unlimited", "nodes: {a: {}}\n"))).toEqual(["QUOTA_NEEDS_LIMIT"]);
      await deploy("one", asking(1.5, "512MiB"));
      await settles("one");
      expect(await usage()).toEqual({ labs: 1, nodes: 2, cpus: 1.5, memoryBytes: 2 ** 29, captures: 0 });
      const vm = (cpus: number, memory: string) =>
        deploy("two", `nodes: {a: {kind: appliance, image: debian-12, cpus: ${cpus}, memory: ${memory}}}\n`);
      expect((await vm(2, "256MiB")).body.detail).toBe(
        "Project demo may have 2.5 cpus in all; it has 1.5, and this takes 2 more.",
      );
      expect((await vm(1, "768MiB")).body.detail).toBe(
        "Project demo may have 1GiB of memory in all; it has 512MiB, and this takes 768MiB more.",
      );
      expect((await vm(1, "512MiB")).status).toBe(202);
      await settles("two");
      // The lab's own limit is above those of its nodes.
      const whole = `resources: {cpus: 2, memory: 512MiB}\nnodes: {a: {}, b: {}}\n`;
      expect(codes(await verb("apply", "one", { text: whole }))).toEqual(["QUOTA_EXCEEDED"]);
      // What is stopped takes no processor, until it is started.
      expect((await verb("stop", "two")).status).toBe(200);
      expect((await verb("apply", "one", { text: whole })).status).toBe(200);
      expect(await usage()).toMatchObject({ nodes: 3, cpus: 2, memoryBytes: 2 ** 29 });
      expect(codes(await verb("start", "two"))).toEqual(["QUOTA_EXCEEDED"]);
      // A change that fails takes nothing.
      server.agent.refusesApply = true;
      await verb("apply", "one", { text: `resources: {cpus: 2.5, memory: 1GiB}\nnodes: {a: {}}\n` });
      server.agent.refusesApply = false;
      expect(await usage()).toMatchObject({ nodes: 3, cpus: 2, memoryBytes: 2 ** 29 });
      // Labs that are stopped are there: what makes room is said of each quota.
      await change({ quota: { labs: 1 } });
      expect((await deploy("three", "nodes: {a: {}}\n")).body).toMatchObject({
        detail: "Project demo may have 1 lab in all; it has 2, and this takes 1 more.",
        remedy: expect.stringMatching(/^Delete labs .* stopped count, too, or ask /),
      });
      await change({ quota: { cpus: 1 } });
      expect((await deploy("three", asking(2, "64MiB"))).body).toMatchObject({
        detail: expect.stringContaining("may have 1 cpu in all"),
        remedy: expect.stringMatching(/^Stop or delete labs /),
      });
      for (const name of ["one", "two"]) await remove(name);
      await change({ policy: {}, quota: {} });
    });

    it("is not exceeded by any number of requests at once", async () => {
      await change({ quota: { nodes: 6, cpus: 3, memoryBytes: 2 ** 30 } });
      const answers = await Promise.all(
        Array.from({ length: 12 }, (_, index) => deploy(`at-once-${index}`, asking(1, "64MiB"))),
      );
      const statuses = answers.map(({ status }) => status);
      expect(statuses.filter((status) => status === 202)).toHaveLength(3);
      expect(statuses.filter((status) => status === 409)).toHaveLength(9);
      expect(await usage()).toMatchObject({ labs: 3, nodes: 6, cpus: 3 });
      const made = answers.flatMap(({ status, body }) => (status === 202 ? [body.name as string] : []));
      for (const name of made) await settles(name);
      // Of changes at once to what somebody has seen, one is made.
      const path = `/projects/demo/labs/${made[0] ?? ""}`;
      const seen = (await server.call("GET", path, { headers: root })).headers.get("etag") ?? "";
      const applied = await Promise.all(
        made.map(() =>
          server.call("POST", `${path}/apply`, {
            headers: { ...root, "if-match": seen },
            body: { text: asking(0.5, "64MiB") },
          }),
        ),
      );
      expect(applied.map(({ status }) => status).toSorted()).toEqual([200, 412, 412]);
      for (const name of made) await remove(name);
      await change({ quota: {} });
    });

    it("is of captures too, those of lab files and those that are started", async () => {
      const captured = "nodes: {a: {}, b: {}}\nlinks: [[a, b]]\n";
      await deploy("captured", captured);
      await settles("captured");
      await change({ quota: { captures: 2 } });
      const capture = () => verb("captures", "captured", { targets: ["a b"] });
      const statuses = (await Promise.all([capture(), capture(), capture(), capture()])).map(({ status }) => status);
      expect(statuses.toSorted()).toEqual([200, 200, 409, 409]);
      expect((await usage()).captures).toBe(2);
      const more = await deploy("more", `${captured}capture: [{of: a b}]\n`);
      expect([more.status, codes(more)], JSON.stringify(more.body)).toEqual([409, ["QUOTA_EXCEEDED"]]);
      await remove("captured");
      await change({ quota: {} });
    });
  });

  it("has faults of its own nowhere", () => {
    expect(server.faults).toEqual([]);
    expect(noRules.vmImages.size).toBe(0);
  });
}
