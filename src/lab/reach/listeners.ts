import { readFileSync } from "node:fs";
import type { Transport } from "../../topology/index.ts";

/** Socket states of net/tcp_states.h as proc_pid_net(5) prints them: listening, and for UDP not connected. */
const waiting = { tcp: "0A", udp: "07" } as const;

/**
 * At which address of its own a program of this thread's network namespace can be spoken to on a port:
 * a loopback address where it listens on all of them. Undefined when nobody listens.
 */
export function listenerAt(
  protocol: Transport,
  port: number,
  read: (path: string) => string = readText,
): string | undefined {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  const found: string[] = [];
  for (const table of [protocol, `${protocol}6`]) {
    for (const row of read(`/proc/self/net/${table}`).split("\n").slice(1)) {
      const [, local = "", , state] = row.trim().split(/\s+/);
      if (state === waiting[protocol] && local.endsWith(`:${wanted}`)) found.push(addressOf(local.slice(0, -5)));
    }
  }
  const anywhere = { "0.0.0.0": "127.0.0.1", "::": "::1" } as const;
  for (const all of ["0.0.0.0", "::"] as const) if (found.includes(all)) return anywhere[all];
  // Loopback first: an address of the lab may be one that moves, as routers' virtual ones do.
  return found.find((address) => address === "127.0.0.1" || address === "::1") ?? found[0];
}

/** Words of 32 bits in this machine's byte order, which is little-endian wherever Netwright runs. */
function addressOf(hex: string): string {
  const bytes = Buffer.from(hex, "hex");
  for (let at = 0; at < bytes.length; at += 4) bytes.subarray(at, at + 4).reverse();
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.every((byte) => byte === 0)) return "::";
  if (bytes.subarray(0, 12).equals(Buffer.from("00000000000000000000ffff", "hex"))) return bytes.subarray(12).join(".");
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  return groups.join(":") === "0:0:0:0:0:0:0:1" ? "::1" : groups.join(":");
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
