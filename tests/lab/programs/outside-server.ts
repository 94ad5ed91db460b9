import { createSocket } from "node:dgram";
import { createServer } from "node:http";

/*
 * What is outside in the tests of ways to it: a site that says who asked, and an echo. Or, with the
 * argument "host", what listens on the machine itself: a port that is allowed, one that is not, and a
 * name server on its loopback, where many machines have theirs.
 */

const site = (text: string, address: string, port: number) =>
  createServer((request, response) => response.end(`${text} ${request.socket.remoteAddress}\n`)).listen(port, address);

if (process.argv[2] === "host") {
  site("allowed", "127.0.0.1", 7777);
  site("secret", "127.0.0.1", 7778);
  site("secret", "::1", 7778);
  createServer((_, response) => response.end("secret\n")).listen("\0netwright-secret");
  const names = createSocket("udp4");
  names.on("message", (query, { port, address }) => {
    const answer = Buffer.from("c00c00010001000000050004cb007101", "hex");
    const end = query.indexOf(0, 12) + 5;
    // IPv4 alone: of any other type there is none.
    const isA = query.readUInt16BE(end - 4) === 1;
    const head = Buffer.from(query.subarray(0, end));
    head.writeUInt16BE(0x8180, 2);
    head.writeUInt16BE(isA ? 1 : 0, 6);
    head.fill(0, 8, 12);
    names.send(isA ? Buffer.concat([head, answer]) : head, port, address);
  });
  names.bind(53, "127.0.0.53", () => process.stdout.write("ready\n"));
} else {
  site("outside", "203.0.113.1", 80);
  site("outside", "2001:db8:ff::1", 80);
  const echo = createSocket("udp4");
  echo.on("message", (data, { port, address }) => echo.send(`${address} ${data}`, port, address));
  echo.bind(9999, "203.0.113.1", () => process.stdout.write("ready\n"));
}
