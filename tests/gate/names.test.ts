import { createSocket } from "node:dgram";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { defaultRoutes } from "../../src/gate/internet.ts";
import { NameServer, resolversIn } from "../../src/gate/names.ts";
import { bindAddress } from "../../src/kernel/index.ts";
import { listenerAt } from "../../src/lab/reach/listeners.ts";

const query = (name: string, type: number) =>
  Buffer.concat([
    Buffer.from("000701000001000000000000", "hex"),
    ...name.split(".").map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
    Buffer.from([0, 0, type, 0, 1]),
  ]);

describe("the name server of nodes that reach the outside", () => {
  it("answers for the lab's names, by name and by address, and says when it cannot be answered", async () => {
    const server = new NameServer(() => []);
    server.set([
      { address: "10.0.0.1", names: ["web", "www"] },
      { address: "2001:db8::1", names: ["web"] },
      { address: "10.0.0.2", names: ["www"] },
    ]);
    const fd = bindAddress("udp", "127.0.0.1", 0);
    const relay = await server.serve("udp", fd, 4);
    const client = createSocket("udp4");
    const table = await import("node:fs").then(({ readFileSync, readlinkSync }) => {
      const inode = /\d+/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[0];
      return readFileSync("/proc/self/net/udp", "utf8")
        .split("\n")
        .find((line) => line.includes(` ${inode} `));
    });
    const port = Number.parseInt(/:([0-9A-F]{4}) /.exec(table ?? "")?.[1] ?? "", 16);
    const ask = async (message: Buffer): Promise<{ code: number; data: string[] }> => {
      const answer = once(client, "message");
      client.send(message, port, "127.0.0.1");
      const reply = (await answer)[0] as Buffer;
      expect(reply.readUInt16BE(0)).toBe(7);
      const count = reply.readUInt16BE(6);
      const data: string[] = [];
      for (let at = message.length, index = 0; index < count; index++) {
        const length = reply.readUInt16BE(at + 10);
        data.push(reply.subarray(at + 12, at + 12 + length).toString("hex"));
        at += 12 + length;
      }
      return { code: (reply[3] ?? 0) & 15, data };
    };
    try {
      expect(await ask(query("WWW", 1))).toEqual({ code: 0, data: ["0a000001", "0a000002"] });
      expect(await ask(query("web", 28))).toEqual({ code: 0, data: ["20010db8000000000000000000000001"] });
      expect(await ask(query("www", 28))).toEqual({ code: 0, data: [] });
      expect(await ask(query("1.0.0.10.in-addr.arpa", 12))).toEqual({ code: 0, data: ["0377656200"] });
      // SERVFAIL: there is nobody to ask. And what is no question.
      expect(await ask(query("elsewhere.example", 1))).toEqual({ code: 2, data: [] });
      expect(await ask(Buffer.from("000701000001000000000000ff", "hex"))).toEqual({ code: 2, data: [] });
    } finally {
      client.close();
      relay.close();
    }
  });

  it("asks whom resolv.conf names", () => {
    expect(resolversIn("# x\nnameserver 127.0.0.53\noptions edns0\nnameserver fe80::1%eth0\n")).toEqual([
      "127.0.0.53",
      "fe80::1%eth0",
    ]);
    expect(resolversIn("")).toEqual(["127.0.0.1"]);
  });
});

it("this machine's ways out are its default routes", () => {
  const files: Record<string, string> = {
    "/proc/self/net/route":
      "Iface Destination Gateway Flags RefCnt Use Metric Mask\neth0 00000000 010200C0 0003 0 0 0 00000000 0 0 0\n",
    "/proc/self/net/ipv6_route": `${"0".repeat(32)} 00 ${"0".repeat(32)} 00 ${"0".repeat(32)} ffffffff 00000001 00000000 00200200 lo\n`,
  };
  expect(defaultRoutes((path) => files[path] ?? "")).toEqual([4]);
  expect(defaultRoutes(() => "")).toEqual([]);
});

it("a program in a node is found at the address that it listens on", () => {
  const row = (address: string, state: string) => `   0: ${address}:0050 00000000:0000 ${state} 00000000:00000000 0\n`;
  const at = (v4: string, v6 = "") => listenerAt("tcp", 80, (path) => `head\n${path.endsWith("6") ? v6 : v4}`);
  expect(at(row("00000000", "0A"))).toBe("127.0.0.1");
  expect(at(row("0100000A", "0A"))).toBe("10.0.0.1");
  expect(at(row("0100000A", "0A") + row("0100007F", "0A"))).toBe("127.0.0.1");
  expect(at("", row("0".repeat(32), "0A"))).toBe("::1");
  expect(at("", row("B80D0120000000000000000001000000", "0A"))).toBe("2001:db8:0:0:0:0:0:1");
  // Connected, and another port.
  expect(at(row("00000000", "01") + row("00000000", "0A").replace("0050", "0051"))).toBeUndefined();
});
