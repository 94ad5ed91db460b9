import { once } from "node:events";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Caller } from "../controller/caller.ts";
import { realLabs } from "../controller/real-labs.ts";
import { serve } from "../controller/serve.ts";
import { calledCommands } from "./called-commands.ts";
import { finished, Netwright, twoHosts } from "./netwright.ts";

/** What stands in front of a server, as TLS and proxies do: who ends one direction ends both. */
async function inFront(port: number): Promise<{ readonly port: number } & AsyncDisposable> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const onward = connect(port, "127.0.0.1");
    for (const one of [socket, onward]) {
      sockets.add(one);
      one
        .on("error", () => undefined)
        .once("close", () => {
          socket.destroy();
          onward.destroy();
        });
    }
    socket.pipe(onward).pipe(socket);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

it("labs of a server are worked on with the same words", async () => {
  await using there = await Netwright.open({});
  await using here = await Netwright.open({ "lab.yaml": twoHosts });
  await using controller = await serve({
    database: `sqlite:${join(there.folder, "server.db")}`,
    agent: realLabs(there.environment, "192.0.2.1:8080"),
  });
  await using front = await inFront(controller.port);
  const url = `http://127.0.0.1:${front.port}`;
  const root = await Caller.signIn(url);
  await root.ok("POST", "/projects", { name: "demo" });
  const token = await root.token("cli", "operate");
  await root.ok("POST", "/users", { name: "vic", password: "vic's password" });
  await root.ok("PUT", "/projects/demo/members/vic", { role: "viewer" });
  const looking = await (await Caller.signIn(url, "vic", "vic's password")).token("cli", "operate");
  here.write({ token: `${token}\n`, wrong: "nwt_wrong\n", looking });

  const add = (name: string, file: string) =>
    here.call(["context", "add", name, url, "--project", "demo", "--token-file", file]);
  expect(await add("bad", "wrong")).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("Nobody is signed in"),
  });
  expect((await add("team", "token")).exitCode).toBe(0);
  const contexts = join(here.folder, ".config/netwright/contexts.json");
  expect(statSync(contexts).mode & 0o777).toBe(0o600);
  expect(readFileSync(contexts, "utf8")).not.toContain("nwt_wrong");

  expect(await here.call(["up"])).toMatchObject({
    exitCode: 0,
    stderr: expect.stringMatching(/^Lab two runs on http[\s\S]* Next:\n +netwright exec h1 /),
  });
  expect((await here.call(["up"])).stderr).toContain('Lab "two" is already running');
  // At the server's machine, its user sees whose it is, and does not meet it by chance.
  const shown = /\n(two-\w+) +running +2 +1 +0 +\d+s +of the server at 192\.0\.2\.1:8080\n/.exec(await there.ok("ps"));
  expect((await realLabs(there.environment).list()).size).toBe(0);
  expect((await realLabs(there.environment, "192.0.2.1:80").list()).size).toBe(1);
  expect((await there.call(["exec", "h1", "--", "true"])).exitCode).toBe(2);
  expect((await there.call(["down", "--all"])).stderr).toBe(
    `No lab of yours is running.\nLabs of a server run on: ${shown?.[1]}. They are taken down there, or by name: netwright down -n ${shown?.[1]}\n`,
  );
  expect(await here.ok("ps")).toMatch(
    /\ntwo +running +2 +1 +root +\d+[sm] ago\n[\s\S]*\nh1 +host +idle +0 +0 +eth0 10\.0\.0\.1\/24\n/,
  );
  expect(await here.ok("exec", "h1", "--", "ping", "-c", "1", "-W", "30", "h2")).toContain("1 received");
  expect(await here.call(["exec", "h1", "--", "sh", "-c", "cat; exit 3"], { input: "typed" })).toMatchObject({
    exitCode: 3,
    stdout: "typed",
  });
  expect(await here.call(["link", "down", "h1", "h2"])).toMatchObject({ exitCode: 0 });
  expect((await here.call(["exec", "h1", "--", "ping", "-c", "1", "-W", "1", "h2"])).exitCode).toBe(1);
  here.write({ sent: "a file" });
  await here.ok("cp", "sent", "h1:/tmp/sent");
  expect(await here.ok("exec", "h1", "--", "cat", "/tmp/sent")).toBe("a file");
  expect(await here.ok("cp", "h1:/tmp/sent", "h2:/tmp/passed")).toBe("");
  expect(await here.ok("exec", "h2", "--", "cat", "/tmp/passed")).toBe("a file");
  // What came of a capture is told after its bytes.
  await here.ok("link", "up", "h1", "h2");
  const pinging = here.spawn(["exec", "h1", "--", "ping", "-i", "0.5", "h2"]);
  const pings = finished(pinging);
  expect((await here.call(["capture", "h1:eth0", "--count", "2", "-o", "some.pcapng"])).stderr).toMatch(
    /h1:eth0 +2 frames\nWritten to some\.pcapng/,
  );
  pinging.kill("SIGINT");
  expect(await pings).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("ping statistics") });
  // With a mistake in its file, a lab is still that file's.
  here.write({ "lab.yaml": `name: two\nmistake: 1\n${twoHosts}` });
  expect(await here.ok("exec", "h1", "--", "hostname")).toBe("h1\n");
  here.write({ "lab.yaml": twoHosts });
  // A lab for one command, under a name that is free.
  const inRun = "echo $NETWRIGHT_LAB; exit 3";
  expect(await here.call(["run", "lab.yaml", "--", "sh", "-c", inRun])).toMatchObject({
    exitCode: 3,
    stdout: "two-2\n",
  });
  expect(await here.ok("ps")).not.toContain("two-2");
  // Who may only look is told so, whatever the way of asking.
  expect((await add("looks", "looking")).exitCode).toBe(0);
  expect((await here.call(["ps"])).stdout).toContain("h1");
  for (const argv of [
    ["exec", "h1", "--", "true"],
    ["console", "h1"],
    ["cp", "sent", "h1:/tmp/sent"],
    ["link", "down", "h1", "h2"],
    ["capture", "h1:eth0"],
    ["down"],
  ])
    expect(await here.call(argv), argv.join(" ")).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(
        /^Error: A viewer of project \S+ may not (?:run|open|unpack|cut|start|take) [^(;]*\.\nIt takes the role operator, which an admin of the project can give\.\n$/,
      ),
    });
  expect((await here.call(["down", "--all"])).stderr).toContain("You have no labs");
  expect((await here.call(["context", "use", "team"])).exitCode).toBe(0);
  expect(await here.ok("inspect", "h1", "--json")).toContain('"hostname"');
  expect(await here.ok("inspect", "--json")).toContain('"name": "two"');
  expect(await here.ok("events", "--no-follow")).toContain("Lab two runs\n");
  here.write({ "lab.yaml": twoHosts.replace("10.0.0.0", "10.9.0.0") });
  expect((await here.call(["apply"])).exitCode).toBe(0);
  expect(await here.ok("exec", "h1", "--", "ip", "-br", "address")).toContain("10.9.0.");
  // What a lab that is stopped has written is the server's, until that has it no more.
  await root.ok("POST", "/projects/demo/labs/two/stop");
  const swept = await there.call(["gc", "--logs"]);
  expect(swept.stdout).toMatch(/^Removed the logs of lab two-2-\w+\n$/);
  expect(swept.stderr).toBe(
    `The logs of lab ${shown?.[1]} are of the server at 192.0.2.1:8080, and go when it is deleted there.\n`,
  );
  expect(readdirSync(there.state)).toEqual([shown?.[1]]);
  await root.ok("POST", "/projects/demo/labs/two/start");
  await expect.poll(async () => (await root.ok("GET", "/projects/demo/labs/two")).state).toBe("running");
  // Of this machine there is none.
  expect((await here.call(["ps"], { environment: { NETWRIGHT_CONTEXT: "local" } })).stderr).toContain(
    "No lab is running",
  );
  expect((await here.call(["down"])).exitCode).toBe(0);
  expect(await there.ok("gc", "--logs")).toBe(`Removed the logs of lab ${shown?.[1]}\n`);
  expect(await here.call(["ps"])).toMatchObject({ stderr: expect.stringContaining("has no labs") });
  await here.ok("context", "use", "local");
  expect((await here.call(["context", "ls"])).stdout).toMatch(/\* +local +this machine/);
});

/** A command with a context in use: how it is called, and what tells that it meant the server, or this machine. */
type Word = { readonly argv: readonly string[]; readonly says: RegExp; readonly exitCode?: number };
const word = (line: string, says: RegExp, exitCode = 0): Word => ({ argv: line.split(" "), says, exitCode });
/** Of nodes that have no virtual machine or image: what the lab there says of that. */
const notSo = 2;

/** Every command, in an order in which they work. Those of one's own machine say so. */
const words: Readonly<Record<string, Word | "begins what goes on, of this machine">> = {
  "image ls": word("image ls", /There are no images yet\. Labs fetch theirs/),
  "image pull": word("image pull oci:nothing", /may not fetch an image of a registry/, 1),
  "image rm": word("image rm debian:12", /may not remove an image/, 1),
  "image build": word("image build none.yaml", /These are images of this machine\. Those of the server: netwright/, 2),
  "image push": word("image push none:1", /These are images of this machine/, 2),
  "image prune": word("image prune", /These are images of this machine[\s\S]*nothing to remove/),
  "image inspect": word("image inspect none:1", /These are images of this machine/, 2),
  up: word("up", /Lab two runs on http/),
  ps: word("ps", /two +running +2 +1 +root/),
  apply: word("apply --dry-run", /Nothing differs/),
  exec: word("exec h1 -- hostname", /^h1\n/),
  shell: word("shell h1", /^$/),
  console: word("console none", /Lab "two[^"]*" has no node "none"/, 1),
  cp: word("cp h1:/etc/hostname -", /h1/),
  logs: word("logs supervisor", /Labs of a server have no log "supervisor", which is for who runs/, 2),
  inspect: word("inspect --json", /"name": "two"/),
  events: word("events --no-follow", /Lab two runs/),
  port: word("port", /no port/i),
  "link ls": word("link ls", /h1:eth0 — h2:eth0/),
  "link down": word("link down h1 h2", /down/),
  "link up": word("link up h1 h2", /up/),
  "link set": word("link set h1 h2 --delay 1ms", /1 ?ms/),
  "link stats": word("link stats h1 h2", /h1:eth0/),
  "link verify": word("link verify h1 h2 --frames 500 --seconds 1 --tolerance 5s", /h1:eth0/),
  "link clear": word("link clear h1 h2", /./),
  "link add": word("link add h1 h2", /h1:eth1/),
  "link rm": word("link rm h1:eth1 h2:eth1", /./),
  capture: word("capture --list", /no capture/i),
  "node stop": word("node stop h2", /h2/),
  "node start": word("node start h2", /h2/),
  "node restart": word("node restart h2", /h2/),
  "node kill": word("node kill h2", /h2/),
  "node pause": word("node pause h1", /h1/),
  "node resume": word("node resume h1", /h1/),
  "node reset": word("node reset h1", /h1/, notSo),
  "node snapshot": word("node snapshot h1 one", /h1/, notSo),
  "node restore": word("node restore h1 one", /h1/, notSo),
  partition: word("partition heal", /./),
  "faults run": word("faults run faults.yaml", /./),
  "faults status": word("faults status", /ended|success/),
  "faults stop": word("faults stop", /./, 1),
  commit: word("commit h1 kept:1", /h1/, notSo),
  "config push": word("config push h1 lab.yaml", /h1/, notSo),
  "config reset": word("config reset h1", /h1/, notSo),
  "config save": word("config save h1", /h1/, notSo),
  run: word("run lab.yaml --node h1 -- hostname", /^h1\n/),
  down: word("down", /Lab two is down/),
  validate: word("validate", /is valid/),
  config: word("config", /nodes:/),
  graph: word("graph", /h1/),
  serve: word("serve", /It takes the server's configuration/, 2),
  "serve backup": word("serve backup --config none.yaml copy", /none\.yaml/, 2),
  "serve restore": word("serve restore --config none.yaml copy", /none\.yaml/, 2),
  "context add": word("context add x http://127.0.0.1:1 -p p --token-file token", /cannot be asked/, 1),
  "context ls": word("context ls", /\* +team +http/),
  "context use": word("context use none", /There is no context/, 2),
  "context rm": word("context rm none", /There is no context/, 2),
  gc: word("gc", /about labs of this machine\. A server removes/),
  completion: word("completion bash", /netwright/),
  version: word("version", /netwright +\d/),
  doctor: word("doctor", /about this machine, and not about the server in use/),
  ui: "begins what goes on, of this machine",
};

it("every command works with a context, or says what it is about", { timeout: 200_000 }, async () => {
  expect(Object.keys(words).toSorted()).toEqual(
    calledCommands()
      .map(({ path }) => path)
      .toSorted(),
  );
  await using there = await Netwright.open({});
  await using here = await Netwright.open({
    "lab.yaml": twoHosts,
    "faults.yaml": "steps: [{at: 0s, do: link down h1 h2}, {at: 0s, do: link up h1 h2}]\n",
  });
  await using controller = await serve({
    database: `sqlite:${join(there.folder, "server.db")}`,
    agent: realLabs(there.environment),
  });
  const url = `http://127.0.0.1:${controller.port}`;
  const root = await Caller.signIn(url);
  await root.ok("POST", "/projects", { name: "demo" });
  here.write({ token: await root.token("cli", "operate") });
  await here.ok("context", "add", "team", url, "--project", "demo", "--token-file", "token");
  const otherwise: string[] = [];
  for (const one of Object.values(words)) {
    if (typeof one === "string") continue;
    const { argv, says, exitCode } = one;
    const called = await here.call(argv, { input: "exit\n" });
    const said = `${called.stdout}${called.stderr}`;
    if (called.exitCode !== exitCode || !says.test(said))
      otherwise.push(`${argv.join(" ")}: ${called.exitCode}\n${said.slice(0, 400)}`);
  }
  expect(otherwise.join("\n")).toBe("");
});
