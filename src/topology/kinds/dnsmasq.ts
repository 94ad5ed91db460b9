import type { Readiness } from "../model.ts";
import { argv, textFile } from "./pieces.ts";
import type { Software } from "./software.ts";

export const dnsmasqPath = "/etc/dnsmasq.conf";
const leaseFolder = "/var/lib/misc";

/** A node whose configuration is that of dnsmasq, which serves DHCP and DNS. */
export const dnsmasqSoftware = (config: string, ready: Readiness): Software => ({
  programs: [{ name: "dnsmasq", package: "dnsmasq-base" }],
  directories: [{ path: leaseFolder, mode: 0o755 }],
  files: [textFile(dnsmasqPath, config.endsWith("\n") ? config : `${config}\n`)],
  services: [
    {
      name: "dnsmasq",
      // As the node's root, which is nobody outside of it: the account that dnsmasq would change to may not exist.
      command: argv(
        "dnsmasq",
        "--keep-in-foreground",
        "--log-facility=-",
        "--user=root",
        // Of a user without subordinate ids there is one group, and none may be set, not even that (setgroups(2)).
        "--group=",
        `--conf-file=${dnsmasqPath}`,
      ),
      ready,
    },
  ],
  setup: [],
  config: {
    path: dnsmasqPath,
    check: argv("dnsmasq", "--test", "--conf-file={file}"),
    // SIGHUP makes it read hosts and leases again, but not this file (dnsmasq(8), NOTES).
    live: { by: "restart" },
  },
});

/** Why a text cannot stand in a line of dnsmasq's configuration, or undefined. */
export const lineProblem = (text: string): string | undefined =>
  /[\n\r\0]/.test(text) ? "it has a line break in it" : undefined;
