import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Caller } from "../controller/caller.ts";
import { realLabs } from "../controller/real-labs.ts";
import { serve } from "../controller/serve.ts";
import { Netwright, twoHosts } from "./netwright.ts";

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
    agent: realLabs(there.environment),
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
  expect(await here.ok("ps")).toMatch(/\ntwo +running +2 +1 +root [\s\S]*\nh1 +host +idle +0 +eth0 10\.0\.0\.1\/24\n/);
  expect(await here.ok("exec", "h1", "--", "ping", "-c", "1", "-W", "5", "h2")).toContain("1 received");
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
  const pings = here.call(["exec", "h1", "--", "ping", "-c", "20", "-i", "0.5", "h2"]);
  expect((await here.call(["capture", "h1:eth0", "--count", "2", "-o", "some.pcapng"])).stderr).toMatch(
    /h1:eth0 +2 frames\nWritten to some\.pcapng/,
  );
  expect((await pings).exitCode).toBe(0);
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
        /^Error: You have no right to this: [a-z][^(;]*\.\nIt takes the role operator in the project\.\n$/,
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
  // Of this machine there is none.
  expect((await here.call(["ps"], { environment: { NETWRIGHT_CONTEXT: "local" } })).stderr).toContain(
    "No lab is running",
  );
  expect((await here.call(["down"])).exitCode).toBe(0);
  expect(await here.call(["ps"])).toMatchObject({ stderr: expect.stringContaining("has no labs") });
  await here.ok("context", "use", "local");
  expect((await here.call(["context", "ls"])).stdout).toMatch(/\* +local +this machine/);
});
