import { argv, textFile } from "./pieces.ts";
import type { Software } from "./software.ts";

export const rulesPath = "/etc/nftables.conf";
/** Replaces all rules by the file's in one transaction (nft(8), "flush ruleset"), whether the file says so or not. */
const loaderPath = "/etc/netwright/load.nft";

/**
 * Protocols by their numbers (IANA, Assigned Internet Protocol Numbers): nft looks names up in /etc/protocols,
 * which images often lack (Debian: netbase).
 */
export const protocolNumbers = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58 } as const;

/** A node whose configuration is a ruleset of nftables. */
export const nftablesSoftware = (rules: string): Software => ({
  programs: [{ name: "nft", package: "nftables" }],
  directories: [],
  files: [
    textFile(rulesPath, rules.endsWith("\n") ? rules : `${rules}\n`),
    textFile(loaderPath, `flush ruleset\ninclude "${rulesPath}"\n`),
  ],
  services: [],
  setup: [{ what: "Loading the nftables rules", command: argv("nft", "-f", loaderPath) }],
  config: {
    path: rulesPath,
    check: argv("nft", "-c", "-f", "{file}"),
    live: { by: "command", command: argv("nft", "-f", loaderPath) },
    save: argv("nft", "list", "ruleset"),
  },
});
