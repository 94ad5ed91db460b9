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

/** The init's: in a node's /proc there is no "self" for a thread that only visits. */
function readTable(name: string): readonly (readonly string[])[] {
  try {
    // The node's /proc has no entry for this process, which is in another PID namespace; its init has the node's network.
    const [, ...rows] = readFileSync(`/proc/1/net/${name}`, "utf8").trim().split("\n");
    return rows.map((row) => row.trim().split(/\s+/));
  } catch {
    return [];
  }
}
