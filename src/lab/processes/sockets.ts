import { readFileSync } from "node:fs";

/** TCP_LISTEN, net/tcp_states.h, as /proc/net/tcp prints it (proc(5)). */
const listening = "0A";

/**
 * Whether some program listens on a TCP port, or has a UDP port, in the node this thread is in.
 * Reading the kernel's table, unlike connecting, is not seen by the program.
 */
export function hasSocket(protocol: "tcp" | "udp", port: number): boolean {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  return [protocol, `${protocol}6`].some((table) =>
    readTable(table).some(
      ([, local = "", , state]) => local.endsWith(`:${wanted}`) && (protocol === "udp" || state === listening),
    ),
  );
}

/**
 * In a node's own /proc there is no "self" for a thread that only visits: its init has the node's network.
 * Where this process's own /proc is seen, as with the network of a container, it is what this thread has.
 */
function readTable(name: string): readonly (readonly string[])[] {
  for (const whose of ["thread-self", "1"]) {
    try {
      const [, ...rows] = readFileSync(`/proc/${whose}/net/${name}`, "utf8").trim().split("\n");
      return rows.map((row) => row.trim().split(/\s+/));
    } catch {
      // The other one, then.
    }
  }
  return [];
}
