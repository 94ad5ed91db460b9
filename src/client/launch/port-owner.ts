import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import { labError, NetwrightError } from "../../topology/errors/error.ts";
import { type Lab, runsPrograms } from "../../topology/model.ts";
import { hostSide, type PublishedPort } from "../../topology/reach/reach.ts";

/**
 * Says whose a port is that a lab wanted. A lab's gate, which found it taken, cannot see the processes of
 * this machine; this process can, as far as they are this user's.
 *
 * @returns the error, with the owner where it can be known
 */
export function withPortOwner(error: Error, lab: Lab): Error {
  if (error instanceof AggregateError)
    return new AggregateError(
      error.errors.map((one: Error) => withPortOwner(one, lab)),
      error.message,
    );
  if (!(error instanceof NetwrightError) || error.code !== "PORT_TAKEN") return error;
  const ports = lab.nodes.flatMap((node) => (runsPrograms(node) ? (node.reach?.ports ?? []) : []));
  const port = ports.find((one) => error.message.includes(`${hostSide(one)} `));
  const owner = port === undefined ? undefined : ownerOf(port);
  return owner === undefined || port === undefined ? error : labError("PORT_TAKEN", { port: hostSide(port), owner });
}

/** `lab "office"`, `nginx (PID 17)`, or a user; undefined when nobody seems to have it. */
export function ownerOf({ protocol, hostPort, address }: PublishedPort): string | undefined {
  const isV6 = address.includes(":");
  const table = readText(`/proc/self/net/${protocol}${isV6 ? "6" : ""}`);
  const wanted = hostPort.toString(16).toUpperCase().padStart(4, "0");
  // Listening, or bound (net/tcp_states.h, as proc_pid_net(5) prints them). A socket for both families is in the other table.
  const state = protocol === "tcp" ? "0A" : "07";
  const rows = [table, isV6 ? "" : readText(`/proc/self/net/${protocol}6`)].flatMap((text) => text.split("\n"));
  for (const row of rows) {
    const fields = row.trim().split(/\s+/);
    if (fields[3] !== state || !fields[1]?.endsWith(`:${wanted}`)) continue;
    return processWith(fields[9] ?? "") ?? `a process of uid ${fields[7]}`;
  }
  return undefined;
}

function processWith(inode: string): string | undefined {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    if (!hasSocket(pid, inode)) continue;
    const argv = readText(`/proc/${pid}/cmdline`).split("\0");
    const gate = argv.findIndex((word) => /\/gate\/main\.[jt]s$/.test(word));
    if (gate >= 0) return `lab "${argv[gate + 1]}"`;
    return `${basename(argv[0] ?? "") || "a process"} (PID ${pid})`;
  }
  return undefined;
}

function hasSocket(pid: string, inode: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => linkAt(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`);
  } catch {
    // Another user's, or gone.
    return false;
  }
}

function linkAt(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
