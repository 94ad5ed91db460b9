import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { expect, it } from "vitest";
import { peerIn, requireOwnPeer } from "../../src/controller/own/peer.ts";

it("the other end of a connection within this machine is known by its user", async () => {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const client = connect((server.address() as { port: number }).port, "127.0.0.1");
  try {
    const [near] = (await once(server, "connection")) as [Socket];
    const table = readFileSync("/proc/net/tcp", "latin1");
    const own = process.getuid?.() ?? 0;
    expect(peerIn(table, near)).toBe(own);
    expect(peerIn(table, { remotePort: near.remotePort, localPort: 1 })).toBeUndefined();
    requireOwnPeer(near, own);
    expect(near.destroyed).toBe(false);
    // Root may; nobody else.
    requireOwnPeer(near, own + 1);
    expect(near.destroyed).toBe(own !== 0);
    near.destroy();
  } finally {
    client.destroy();
    server.close();
  }
});
