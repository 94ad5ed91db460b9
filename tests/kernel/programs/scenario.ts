import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { inNamespaces, type Namespace, type RtnetlinkHandle } from "../../../src/kernel/index.ts";

/** Runs the scenario named on the command line and prints what it returns as JSON. */
export async function main(scenarios: Readonly<Record<string, () => unknown>>): Promise<void> {
  const name = process.argv[2] ?? "";
  const scenario = scenarios[name];
  if (scenario === undefined) throw new Error(`no scenario "${name}"; there are ${Object.keys(scenarios).join(", ")}`);
  const result: unknown = await scenario();
  process.stdout.write(JSON.stringify(result ?? null));
}

/** What iproute2 says, as an opinion that is not ours: `ip -j …`, `bridge -j …`, `tc -j …`. */
export const iproute2 = (program: "ip" | "bridge" | "tc", ...parameters: readonly string[]): unknown =>
  JSON.parse(execFileSync(program, ["-d", "-j", ...parameters], { encoding: "utf8" }) || "[]");

/** The code and the words of the error that `action` throws. */
export function errorOf(action: () => unknown): { code: string; message: string } {
  try {
    action();
  } catch (error) {
    return { code: (error as { code?: string }).code ?? "", message: (error as Error).message };
  }
  return { code: "none", message: "" };
}

/** What a patch panel is: nothing in it sends frames of its own (IPv6) or drops those it does not like (br_netfilter). */
const panelSettings = {
  "ipv6/conf/all/disable_ipv6": "1",
  "ipv6/conf/default/disable_ipv6": "1",
  "bridge/bridge-nf-call-iptables": "0",
  "bridge/bridge-nf-call-ip6tables": "0",
  "bridge/bridge-nf-call-arptables": "0",
} as const;

/** Makes a network namespace keep out of what passes through interfaces made in it from now on. */
export function silence(namespace: Namespace): void {
  inNamespaces([namespace], () => {
    for (const [name, value] of Object.entries(panelSettings)) {
      const path = `/proc/sys/net/${name}`;
      if (existsSync(path)) writeFileSync(path, value);
    }
  });
}

/**
 * Waits until links carry frames. A link drops what is sent from the moment it is up until the
 * kernel's link watch has run, which is soon, but not at once (net/core/link_watch.c).
 */
export function awaitUp(handle: RtnetlinkHandle, ...ifindexes: readonly number[]): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (const deadline = performance.now() + 10_000; performance.now() < deadline; Atomics.wait(pause, 0, 0, 5)) {
    if (ifindexes.every((ifindex) => handle.linkGet({ ifindex }).operState === "up")) return;
  }
  throw new Error(`links ${ifindexes.join(", ")} do not come up`);
}
