/**
 * The floor of a star: N network namespaces, each with loopback up and one addressed interface whose
 * other end is a port of one bridge, all up. System calls and prefabricated netlink messages, and
 * nothing else: no plan, no errors worth the name, nobody to talk to, nothing to take down but the
 * process. What Netwright needs beyond this is what it costs.
 *
 *   unshare --user --map-root-user --net --mount --pid --fork --kill-child node bench/floor/star.ts 1000
 *
 * Prints a JSON object: seconds, and the parts they are made of.
 */
import { closeSync, openSync, writeFileSync } from "node:fs";
import koffi from "koffi";

const hosts = Number(process.argv[2] ?? 1000);

const libc = koffi.load(null);
const unshare = libc.func("int unshare(int)");
const setns = libc.func("int setns(int, int)");
const socket = libc.func("int socket(int, int, int)");
const send = libc.func("intptr_t send(int, const void *, size_t, int)");
const recv = libc.func("intptr_t recv(int, void *, size_t, int)");
const prlimit = libc.func("int prlimit(int, int, void *, const void *)");

const CLONE_NEWNET = 0x40000000;
const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const RLIMIT_NOFILE = 7;
const RTM_NEWLINK = 16;
const RTM_NEWADDR = 20;
const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;
const NLM_F_CREATE_EXCL = 0x600;
const NLM_F_CREATE_REPLACE = 0x500;
const NLMSG_ERROR = 2;
const messagesPerSend = 128;

const must = (result: number, what: string): number => {
  if (result < 0) throw new Error(`${what}: errno ${koffi.errno()}`);
  return result;
};

// Messages are assembled by hand, each from parts of known length.
const align = (part: Buffer): Buffer => Buffer.concat([part, Buffer.alloc(-part.length & 3)]);
const u16 = (...values: number[]): Buffer => Buffer.from(new Uint16Array(values).buffer);
const u32 = (...values: number[]): Buffer => Buffer.from(new Uint32Array(values).buffer);
const attribute = (type: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return align(Buffer.concat([u16(4 + body.length, type), body]));
};
const text = (value: string): Buffer => Buffer.from(`${value}\0`);
const link = (ifindex: number, up: boolean, ...attributes: Buffer[]): Buffer =>
  Buffer.concat([u32(0, ifindex, up ? 1 : 0, up ? 1 : 0), ...attributes]);
const message = (type: number, flags: number, body: Buffer): Buffer =>
  Buffer.concat([u32(16 + body.length), u16(type, NLM_F_REQUEST | flags), u32(1, 0), body]);

const answer = Buffer.from(new ArrayBuffer(65536));

/** Sends messages at once and waits for the acknowledgement of the last; any failure comes before it. */
function request(fd: number, messages: readonly Buffer[]): void {
  for (let from = 0; from < messages.length; from += messagesPerSend) {
    const batch = messages.slice(from, from + messagesPerSend);
    const bytes = Buffer.concat(batch);
    const last = bytes.length - (batch.at(-1)?.length ?? 0);
    bytes.writeUInt16LE(bytes.readUInt16LE(last + 6) | NLM_F_ACK, last + 6);
    must(send(fd, bytes, bytes.length, 0), "send");
    must(recv(fd, answer, answer.length, 0), "recv");
    if (answer.readUInt16LE(4) !== NLMSG_ERROR) throw new Error("an unexpected answer");
    if (answer.readInt32LE(16) !== 0) throw new Error(`netlink: errno ${-answer.readInt32LE(16)}`);
  }
}

const netlink = (): number => must(socket(AF_NETLINK, SOCK_RAW_CLOEXEC, 0), "socket");
const bridgeIfindex = 5;
/** As in the lab: each end with one queue for sending and one for receiving. */
const oneQueue = [attribute(31, u32(1)), attribute(32, u32(1))];
const jackIfindex = (host: number): number => 10 + host;

const started = performance.now();

const limit = Buffer.alloc(16);
must(prlimit(0, RLIMIT_NOFILE, null, limit), "prlimit");
limit.copy(limit, 0, 8, 16);
must(prlimit(0, RLIMIT_NOFILE, limit, null), "prlimit");

const home = openSync("/proc/thread-self/ns/net", "r");
const panel = netlink();
// As in the lab: no addresses of the panel's own, no waiting for addresses in the nodes.
for (const scope of ["all", "default"]) writeFileSync(`/proc/sys/net/ipv6/conf/${scope}/disable_ipv6`, "1");

const nodes = Array.from({ length: hosts }, () => {
  must(unshare(CLONE_NEWNET), "unshare");
  writeFileSync("/proc/sys/net/ipv6/conf/default/accept_dad", "0");
  return { namespace: openSync("/proc/thread-self/ns/net", "r"), socket: netlink() };
});
must(setns(home, CLONE_NEWNET), "setns");
const namespacesMade = performance.now();

const bridge = link(
  bridgeIfindex,
  false,
  attribute(3, text("br0")),
  attribute(1, Buffer.from("0200000000ff", "hex")),
  // Bridge: no forward delay, no multicast snooping.
  attribute(18, attribute(1, text("bridge")), attribute(2, attribute(1, u32(0)), attribute(23, Buffer.of(0)))),
);
request(panel, [
  message(RTM_NEWLINK, NLM_F_CREATE_EXCL, bridge),
  ...nodes.map(({ namespace }, host) => {
    const mac = Buffer.from([2, 0, 0, 1, host >> 8, host & 0xff]);
    const peer = Buffer.concat([
      link(2, false),
      attribute(3, text("eth0")),
      ...oneQueue,
      attribute(1, mac),
      attribute(28, u32(namespace)),
    ]);
    const jack = link(
      jackIfindex(host),
      false,
      attribute(3, text(`j${host}`)),
      ...oneQueue,
      attribute(10, u32(bridgeIfindex)),
      attribute(18, attribute(1, text("veth")), attribute(2, attribute(1, peer))),
    );
    return message(RTM_NEWLINK, NLM_F_CREATE_EXCL, jack);
  }),
]);
const linksMade = performance.now();

for (const [host, { socket: fd }] of nodes.entries()) {
  const address = Buffer.from([10, 0, (host + 1) >> 8, (host + 1) & 0xff]);
  request(fd, [
    message(RTM_NEWLINK, 0, link(1, true)),
    // struct ifaddrmsg: AF_INET, /16; local, address and broadcast.
    message(
      RTM_NEWADDR,
      NLM_F_CREATE_REPLACE,
      Buffer.concat([
        Buffer.of(2, 16, 0, 0),
        u32(2),
        attribute(2, address),
        attribute(1, address),
        attribute(4, Buffer.from([10, 0, 255, 255])),
      ]),
    ),
    message(RTM_NEWLINK, 0, link(2, true)),
  ]);
  closeSync(fd);
}
const addressed = performance.now();

// The bridge last: it goes through all its ports for each that comes up.
request(panel, [
  ...nodes.map((_, host) => message(RTM_NEWLINK, 0, link(jackIfindex(host), true))),
  message(RTM_NEWLINK, 0, link(bridgeIfindex, true)),
]);
const done = performance.now();

const seconds = (from: number, to: number): number => Number(((to - from) / 1000).toFixed(3));
process.stdout.write(
  `${JSON.stringify({
    seconds: seconds(started, done),
    namespaces: seconds(started, namespacesMade),
    links: seconds(namespacesMade, linksMade),
    addresses: seconds(linksMade, addressed),
    up: seconds(addressed, done),
  })}\n`,
);
