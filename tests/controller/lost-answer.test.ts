import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { ServerClient } from "../../src/client/server.ts";
import { TestServer, until } from "./test-server.ts";

const text = "nodes: {h1: {}}\n";

/** In front of a server: loses the answers to the first request that makes a lab, and what `lose` does meanwhile. */
async function losing(server: TestServer, lose: () => Promise<void>): Promise<{ readonly url: string } & Disposable> {
  let isFirst = true;
  const front = createServer((message, response) => {
    const { method, url = "", headers } = message;
    const onward = request({ host: "127.0.0.1", port: server.port, method, path: url, headers }, (answer) => {
      if (isFirst && method === "POST" && url.endsWith("/labs")) {
        isFirst = false;
        answer.resume();
        void lose().then(() => message.socket.destroy());
        return;
      }
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    // As a proxy says it whose server is away.
    onward.once("error", () => response.writeHead(502).end("<html>Bad Gateway</html>"));
    message.pipe(onward);
  });
  await once(front.listen(0, "127.0.0.1"), "listening");
  const end = () => {
    front.closeAllConnections();
    front.close();
  };
  return { url: `http://127.0.0.1:${(front.address() as AddressInfo).port}`, [Symbol.dispose]: end };
}

it("a server that goes away before it answers has made a lab once, which its client finds", async () => {
  await using server = await TestServer.start();
  const headers = await server.signIn("root", "root's password");
  await server.call("POST", "/projects", { headers, body: { name: "demo" } });
  const { body } = await server.call("POST", "/tokens", { headers, body: { name: "cli", scope: "operate" } });
  const access = { token: body.secret as string, project: "demo" };
  for (const [name, lose] of [
    ["broken", async () => undefined],
    [
      "restarted",
      async () => {
        await server.shut();
        await server.open();
      },
    ],
  ] as const) {
    using front = await losing(server, lose);
    const client = new ServerClient({ ...access, url: front.url });
    const sent = { body: { name, text } };
    const made = await client.make("deploy", `the key of ${name}`, "whether it is there", sent);
    expect(made.name).toBe(name);
    expect((await client.deployed(name)).state).toBe("running");
    expect((await client.labs()).filter((lab) => lab.name === name)).toHaveLength(1);
    // Somebody else's request is another, whatever it asks for.
    await expect(client.make("deploy", "another", "…", sent)).rejects.toMatchObject({ code: "NAME_IN_USE" });
  }
  expect(server.agent.started).toBe(2);
  // Who is not there at all is told of at once.
  const nobody = new ServerClient({ ...access, url: "http://127.0.0.1:1" });
  await expect(nobody.make("deploy", "k", "…", { body: { name: "x", text } })).rejects.toMatchObject({
    code: "SERVER_UNREACHABLE",
  });
  await until(
    () => server.agent.list(),
    (labs) => labs.size === 2,
  );
});
