import { readFileSync } from "node:fs";
import type { Socket } from "node:net";

/**
 * Whose process is at the other end of a connection within this machine, as the kernel knows it: the port there is
 * the local one of that process's own end (proc_net_tcp(5)).
 *
 * @param table the text of /proc/net/tcp
 * @returns the user's id; undefined when the connection is not in the table
 */
export function peerIn(table: string, { remotePort, localPort }: Pick<Socket, "remotePort" | "localPort">) {
  const port = (number = 0) => number.toString(16).toUpperCase().padStart(4, "0");
  const [near, far] = [`0100007F:${port(remotePort)}`, `0100007F:${port(localPort)}`];
  for (const line of table.split("\n")) {
    // sl, local_address, rem_address, st, tx_queue:rx_queue, tr:tm->when, retrnsmt, uid
    const fields = line.trim().split(/\s+/);
    if (fields[1] === near && fields[2] === far) return Number(fields[7]);
  }
  return undefined;
}

/**
 * Ends connections of other users of this machine: 127.0.0.1 is everybody's here. Root may do anything anyway.
 * So nobody gets far with a link that was seen in a list of processes, or a cookie that a browser sent to another port.
 */
export function requireOwnPeer(socket: Socket, uid: number = process.getuid?.() ?? 0): void {
  const peer = peerIn(readFileSync("/proc/net/tcp", "latin1"), socket);
  if (peer !== undefined && peer !== uid && peer !== 0) socket.destroy();
}
