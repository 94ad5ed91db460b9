import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { inNamespaces, type Namespace, RtnetlinkHandle } from "../../kernel/index.ts";
import { type InternetAddresses, internetInterface, internetMtu, labError } from "../../topology/index.ts";
import { pause } from "../pause.ts";

const loopback = 1;
/** Routes of the lab go before. */
const metric = 4096;
const appearMs = 10_000;
const table = "netwright_internet";

/** This machine's addresses as a node sees them: on the node's own loopback, so that they are always near. */
export function addHostAddresses(netns: Namespace, addresses: readonly InternetAddresses[]): void {
  const handle = RtnetlinkHandle.openIn(netns);
  try {
    handle.batch((batch) => {
      for (const { family, host } of addresses)
        batch.addressReplace({ ifindex: loopback, address: `${host}/${family === 4 ? 32 : 128}` });
    });
  } finally {
    handle.close();
  }
}

export function removeHostAddresses(netns: Namespace, addresses: readonly InternetAddresses[]): void {
  const handle = RtnetlinkHandle.openIn(netns);
  try {
    handle.batch((batch) => {
      for (const { family, host } of addresses)
        batch.addressDelete({ ifindex: loopback, address: `${host}/${family === 4 ? 32 : 128}` });
    });
  } catch {
    // What has been taken away by the node itself is away.
  } finally {
    handle.close();
  }
}

/**
 * Waits for the interface that pasta makes, and gives it its addresses and default routes.
 *
 * @param ended aborts when pasta has ended; with its reason
 * @returns the interface's number
 * @throws INTERNET_FAILED
 */
export async function configureInterface(
  node: string,
  netns: Namespace,
  addresses: readonly InternetAddresses[],
  ended: AbortSignal,
): Promise<number> {
  const handle = RtnetlinkHandle.openIn(netns);
  try {
    const deadline = Date.now() + appearMs;
    for (;;) {
      const link = handle.linkList().find(({ name }) => name === internetInterface);
      if (link !== undefined) {
        const { ifindex } = link;
        handle.batch((batch) => {
          batch.linkSet({ ifindex, mtu: internetMtu });
          for (const { node: own, length } of addresses) batch.addressReplace({ ifindex, address: `${own}/${length}` });
          batch.linkSet({ ifindex, up: true });
          for (const { family, gateway } of addresses)
            batch.routeReplace({ to: family === 4 ? "0.0.0.0/0" : "::/0", via: gateway, ifindex, metric });
        });
        return ifindex;
      }
      if (ended.aborted) throw labError("INTERNET_FAILED", { node, reason: String(ended.reason) });
      if (Date.now() > deadline) throw labError("INTERNET_FAILED", { node, reason: "its interface did not appear" });
      await pause(10, ended);
    }
  } finally {
    handle.close();
  }
}

/** Whether the interface is gone, or goes within the deadline: its program was told to end. */
export async function interfaceGone(netns: Namespace): Promise<void> {
  const handle = RtnetlinkHandle.openIn(netns);
  try {
    const deadline = Date.now() + appearMs;
    while (Date.now() < deadline && handle.linkList().some(({ name }) => name === internetInterface)) await pause(10);
  } finally {
    handle.close();
  }
}

/** What a node forwards to the outside has the node's own address there, as the outside knows no other. */
export const translate = (node: string, netns: Namespace): Promise<void> =>
  nft(
    node,
    netns,
    `table inet ${table} {\n chain out {\n type nat hook postrouting priority srcnat\n oifname "${internetInterface}" masquerade\n }\n}\n`,
  );

export const translateNoMore = (node: string, netns: Namespace): Promise<void> =>
  nft(node, netns, `add table inet ${table}\ndelete table inet ${table}\n`);

async function nft(node: string, netns: Namespace, rules: string): Promise<void> {
  const child = inNamespaces([netns], () => spawn("nft", ["-f", "-"], { stdio: ["pipe", "ignore", "pipe"] }));
  const { promise: ended, resolve, reject } = Promise.withResolvers<number | null>();
  child.once("close", resolve);
  child.once("error", (error: NodeJS.ErrnoException) =>
    reject(
      error.code === "ENOENT"
        ? labError("PROGRAM_MISSING", {
            program: "nft",
            needed: `${node} takes other nodes to the outside with it`,
            mend: "Install it: sudo apt-get install nftables",
          })
        : error,
    ),
  );
  child.stdin.on("error", () => undefined);
  child.stdin.end(rules);
  const [said, code] = await Promise.all([text(child.stderr), ended]);
  if (code !== 0) throw labError("INTERNET_FAILED", { node, reason: `nft: ${said.trim()}` });
}
