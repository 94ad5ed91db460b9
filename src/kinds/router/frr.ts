import { type ContainerNeeds, type Frr, labError, type NodeConfig, type RouterNode } from "../../topology/index.ts";
import type { HostFacts, Preparation, Service } from "../kind.ts";
import { missingInImage } from "../role.ts";
import { frrDaemons } from "./daemons.ts";

/** Where Debian, Ubuntu, Fedora and FRR's own packages put the daemons. */
const daemonFolders = ["/usr/lib/frr", "/usr/libexec/frr", "/usr/sbin"];
const daemonStartMs = 20_000;

/**
 * FRR for one router: configuration, folders, daemons and the load of the integrated configuration.
 * Without subordinate ids the daemons run as root of the sandbox, which wants a `frrvty` group.
 *
 * @throws PROGRAM_MISSING when FRR or a daemon that the configuration needs is not installed
 */
export function prepareFrr(node: RouterNode, frr: Frr, facts: HostFacts): Preparation {
  const folder = daemonFolders.find((candidate) => facts.exists(`${candidate}/zebra`));
  if (folder === undefined) {
    throw labError("PROGRAM_MISSING", {
      program: "FRR",
      needed: `router ${node.name} has an frr configuration`,
      mend:
        node.image === undefined
          ? "Install it: sudo apt-get install frr (then see: netwright doctor)"
          : missingInImage(node.image.reference, "Debian's package frr"),
    });
  }
  const daemons = frrDaemons(frr.config, (daemon) => facts.exists(`${folder}/${daemon}`));
  for (const daemon of daemons) {
    if (facts.exists(`${folder}/${daemon}`)) continue;
    throw labError("PROGRAM_MISSING", {
      program: `FRR's ${daemon}`,
      needed: `the configuration of router ${node.name} needs it`,
      mend:
        node.image === undefined
          ? `Install the FRR package that has ${folder}/${daemon}.`
          : missingInImage(node.image.reference, `${folder}/${daemon}`),
    });
  }
  const asUser = facts.hasUsers;
  const owner = asUser ? { owner: "frr" } : {};
  return {
    directories: [
      { path: "/etc/frr", mode: 0o750, ...owner },
      { path: "/run/frr", mode: 0o755, ...owner },
      { path: "/var/tmp/frr", mode: 0o755, ...owner },
      { path: "/var/log/frr", mode: 0o755, ...owner },
    ],
    files: [
      file("/etc/frr/frr.conf", integrated(node, frr.config), owner),
      file("/etc/frr/vtysh.conf", "service integrated-vtysh-config\n", owner),
      file("/etc/frr/daemons", daemons.map((daemon) => `${daemon}=yes\n`).join(""), owner),
      ...(asUser ? [] : [file("/etc/group", withVtyGroup(facts.readText("/etc/group") ?? "root:x:0:\n"), {}, 0o644)]),
    ],
    services: daemons.map((daemon): Service => {
      const user = asUser ? [] : ["-u", "root", "-g", "root"];
      return {
        name: daemon,
        command: {
          argv: [`${folder}/${daemon}`, "-A", "127.0.0.1", "--log", "stdout", "--log-level", "informational", ...user],
        },
        ready: { intervalMs: 10, timeoutMs: daemonStartMs, check: { type: "file", path: `/run/frr/${daemon}.vty` } },
      };
    }),
    setup: [{ what: "Loading the FRR configuration", command: { argv: ["vtysh", "-b"] } }],
  };
}

/** Its daemons will not start without SYS_ADMIN, which they use to make and enter network namespaces (lib/privs.c). */
export const frrNeeds: ContainerNeeds = { capabilities: ["SYS_ADMIN"] };

/**
 * By a restart: reading a file into running daemons adds to what they have and takes nothing away
 * (vtysh(1), -f), and which daemons run follows from it.
 */
export const frrConfig: NodeConfig = {
  path: "/etc/frr/frr.conf",
  check: { argv: ["vtysh", "--dryrun", "--inputfile", "{file}"] },
  live: { by: "restart" },
  save: { shell: "vtysh -c 'show running-config' | sed '1,/^Current configuration:/d'" },
};

/** The user's configuration with the host name FRR shows in its prompts, unless it sets one. */
function integrated(node: RouterNode, config: string): string {
  const hostname = /^\s*hostname\s/m.test(config) ? "" : `hostname ${node.hostname}\n`;
  return `${hostname}${config}${config.endsWith("\n") ? "" : "\n"}`;
}

function withVtyGroup(group: string): string {
  const kept = group.split("\n").filter((line) => line !== "" && !/^(frr|frrvty):/.test(line));
  return `${[...kept, "frr:x:0:root", "frrvty:x:0:root"].join("\n")}\n`;
}

const file = (path: string, text: string, owner: { owner?: string }, mode = 0o640) => ({
  path,
  contentBase64: Buffer.from(text).toString("base64"),
  mode,
  ...owner,
});
