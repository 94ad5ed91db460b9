import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createServer, isIPv6, type Socket } from "node:net";
import { formatAddress, parseAddress, type Transport } from "../topology/index.ts";
import type { GateName } from "./contract.ts";
import type { Relay } from "./relay.ts";

/** DNS (RFC 1035, 3.2, 4.1; AAAA: RFC 3596). */
const TYPE = { A: 1, PTR: 12, AAAA: 28 } as const;
const CLASS_IN = 1;
const headerBytes = 12;
const SERVFAIL = 2;
/** Short: what a lab's names lead to changes with the lab. */
const ttlSeconds = 5;
/** Of each of this machine's name servers. */
const answerMs = 3_000;
const mostQueries = 512;
const port = 53;

/**
 * The name server of nodes that reach the outside: knows the names of the lab, as /etc/hosts has them,
 * and asks this machine's own name servers for all else, those on its loopback too.
 */
export class NameServer {
  #addresses = new Map<string, readonly string[]>();
  #names = new Map<string, string>();
  #asking = 0;
  readonly #resolvers: () => readonly string[];

  constructor(resolvers: () => readonly string[] = () => resolversIn(readText("/etc/resolv.conf"))) {
    this.#resolvers = resolvers;
  }

  set(entries: readonly GateName[]): void {
    const addresses = new Map<string, string[]>();
    this.#names = new Map();
    for (const { address, names } of entries) {
      for (const name of names)
        addresses.set(name.toLowerCase(), [...(addresses.get(name.toLowerCase()) ?? []), address]);
      if (!this.#names.has(address)) this.#names.set(address, names[0] ?? "");
    }
    this.#addresses = addresses;
  }

  /** Serves on a socket that is bound, of TCP that listens. */
  async serve(protocol: Transport, fd: number, family: 4 | 6): Promise<Relay> {
    if (protocol === "tcp") {
      const open = new Set<Socket>();
      const server = createServer((client) => {
        open.add(client);
        client.once("close", () => open.delete(client));
        client.on("error", () => client.destroy());
        client.setTimeout(30_000, () => client.destroy());
        eachMessage(client, async (query) => {
          const reply = await this.#answer(query, "tcp");
          if (client.writable) client.write(framed(reply));
        });
      });
      server.listen({ fd });
      await once(server, "listening");
      return {
        port,
        close: () => {
          server.close();
          for (const client of open) client.destroy();
        },
      };
    }
    const socket = createSocket(`udp${family}`);
    socket.on("error", () => undefined);
    socket.on("message", (query, from) => {
      void this.#answer(query, "udp").then((reply) => {
        if (reply.length > 0) socket.send(reply, from.port, from.address, () => undefined);
      });
    });
    // Of a descriptor it is said before bind returns.
    const listening = once(socket, "listening");
    socket.bind({ fd });
    await listening;
    return { port, close: () => socket.close() };
  }

  async #answer(query: Buffer, protocol: Transport): Promise<Buffer> {
    const question = readQuestion(query);
    if (question === undefined) return failure(query);
    const own = this.#own(question);
    if (own !== undefined) return reply(query, question, own);
    if (this.#asking >= mostQueries) return failure(query);
    this.#asking += 1;
    try {
      for (const resolver of this.#resolvers()) {
        const reply = await ask(resolver, query, protocol).catch(() => undefined);
        if (reply !== undefined) return reply;
      }
      return failure(query);
    } finally {
      this.#asking -= 1;
    }
  }

  /** Data of the records that answer, none where the name has none of the type; undefined for a name that is not the lab's. */
  #own({ name, type }: Question): readonly Buffer[] | undefined {
    const reverse = reverseAddress(name);
    const pointer = reverse === undefined ? undefined : this.#names.get(reverse);
    if (pointer !== undefined) return type === TYPE.PTR ? [nameBytes(pointer)] : [];
    const addresses = this.#addresses.get(name);
    if (addresses === undefined) return undefined;
    const wanted = addresses.filter((address) => type === (isIPv6(address) ? TYPE.AAAA : TYPE.A));
    return [...new Set(wanted)].map(addressBytes);
  }
}

type Question = { readonly name: string; readonly type: number; readonly end: number };

/** The one question of a query; undefined where it is something else. */
function readQuestion(query: Buffer): Question | undefined {
  if (query.length < headerBytes || query.readUInt16BE(4) !== 1 || (query.readUInt8(2) & 0xf8) !== 0) return undefined;
  const labels: string[] = [];
  let at = headerBytes;
  for (;;) {
    const length = query[at];
    // No query compresses its question's name.
    if (length === undefined || length > 63) return undefined;
    at += 1 + length;
    if (length === 0) break;
    labels.push(query.toString("latin1", at - length, at));
  }
  if (query.length < at + 4 || query.readUInt16BE(at + 2) !== CLASS_IN) return undefined;
  return { name: labels.join(".").toLowerCase(), type: query.readUInt16BE(at), end: at + 4 };
}

function reply(query: Buffer, { type, end }: Question, records: readonly Buffer[]): Buffer {
  const head = Buffer.from(query.subarray(0, end));
  // An authoritative answer, recursion available; the query's own "recursion desired" stays.
  head.writeUInt8((head.readUInt8(2) & 0x01) | 0x84, 2);
  head.writeUInt8(0x80, 3);
  head.writeUInt16BE(records.length, 6);
  head.writeUInt32BE(0, 8);
  const bodies = records.map((data) => {
    const record = Buffer.alloc(12 + data.length);
    // A pointer to the question's name (RFC 1035, 4.1.4).
    record.writeUInt16BE(0xc000 | headerBytes, 0);
    record.writeUInt16BE(type, 2);
    record.writeUInt16BE(CLASS_IN, 4);
    record.writeUInt32BE(ttlSeconds, 6);
    record.writeUInt16BE(data.length, 10);
    data.copy(record, 12);
    return record;
  });
  return Buffer.concat([head, ...bodies]);
}

function failure(query: Buffer): Buffer {
  if (query.length < headerBytes) return Buffer.alloc(0);
  const head = Buffer.from(query.subarray(0, headerBytes));
  head.writeUInt8((head.readUInt8(2) & 0x79) | 0x80, 2);
  head.writeUInt8(0x80 | SERVFAIL, 3);
  head.fill(0, 4);
  return head;
}

const ask = (resolver: string, query: Buffer, protocol: Transport): Promise<Buffer> =>
  protocol === "tcp" ? askByTcp(resolver, query) : askByUdp(resolver, query);

async function askByUdp(resolver: string, query: Buffer): Promise<Buffer> {
  const socket = createSocket(isIPv6(resolver.split("%")[0] ?? "") ? "udp6" : "udp4");
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const timer = setTimeout(() => reject(new Error("no answer")), answerMs);
  socket.on("error", reject);
  socket.on("message", (answer) => {
    if (answer.length >= headerBytes && answer.readUInt16BE(0) === query.readUInt16BE(0)) resolve(answer);
  });
  try {
    // Connected, so that only the resolver is heard, and a closed port is told.
    socket.connect(port, resolver, () => socket.send(query));
    return await promise;
  } finally {
    clearTimeout(timer);
    socket.close();
  }
}

async function askByTcp(resolver: string, query: Buffer): Promise<Buffer> {
  const socket = connect({ host: resolver, port });
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  socket.setTimeout(answerMs, () => reject(new Error("no answer")));
  socket.on("error", reject);
  socket.on("close", () => reject(new Error("closed")));
  eachMessage(socket, resolve);
  socket.write(framed(query));
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}

/** Messages on TCP have their length before them (RFC 1035, 4.2.2). */
function eachMessage(socket: Socket, take: (message: Buffer) => void): void {
  let kept: Buffer = Buffer.alloc(0);
  socket.on("data", (data: Buffer) => {
    kept = Buffer.concat([kept, data]);
    while (kept.length >= 2 && kept.length >= 2 + kept.readUInt16BE(0)) {
      const end = 2 + kept.readUInt16BE(0);
      take(kept.subarray(2, end));
      kept = kept.subarray(end);
    }
  });
}

function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

const nameBytes = (name: string): Buffer =>
  Buffer.concat([
    ...name.split(".").map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, "latin1")])),
    Buffer.from([0]),
  ]);

function addressBytes(text: string): Buffer {
  const address = parseAddress(text);
  if ("problem" in address) throw new RangeError(`${text}: ${address.problem}`);
  return Buffer.from(address.value.toString(16).padStart(address.family === 4 ? 8 : 32, "0"), "hex");
}

/** The address of a name for look-ups by address (RFC 1035, 3.5; RFC 3596, 2.5). */
function reverseAddress(name: string): string | undefined {
  const v4 = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\.in-addr\.arpa$/.exec(name);
  if (v4 !== null) return v4.slice(1).reverse().join(".");
  const v6 = /^((?:[0-9a-f]\.){32})ip6\.arpa$/.exec(name)?.[1];
  if (v6 === undefined) return undefined;
  return formatAddress({ family: 6, value: BigInt(`0x${v6.replaceAll(".", "").split("").reverse().join("")}`) });
}

/** The name servers of a resolv.conf(5), which without any means this machine's own. */
export function resolversIn(text: string): readonly string[] {
  const servers = [...text.matchAll(/^nameserver[ \t]+([0-9a-fA-F.:]+(?:%\w+)?)/gm)].map(([, address = ""]) => address);
  return servers.length === 0 ? ["127.0.0.1"] : servers;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
