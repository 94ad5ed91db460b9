import { existsSync } from "node:fs";
import { bindMount, makePrivate, mount } from "../../../kernel/index.ts";
import type { ProgramNode } from "../../../topology/index.ts";
import { resolvConf } from "../../resolv-conf.ts";
import type { EtcTemplate } from "./etc.ts";
import { mountSysfs } from "./isolated.ts";
import { makeMountPoint } from "./mount-point.ts";
import { mountOfHost } from "./mounts.ts";

/**
 * The host's file system as the user sees it (`root: host`), with the lab's names, this node's /sys,
 * and without the lab's own runtime folder.
 *
 * @param premises.covered folders that must look empty
 */
export function enterHostView(
  node: ProgramNode,
  etc: EtcTemplate,
  premises: { readonly covered: readonly string[]; readonly host: string },
): void {
  makePrivate("/");
  if (existsSync("/etc/hosts")) bindMount(etc.hostsFile, "/etc/hosts", { readOnly: true });
  // Names that this machine's servers know would be asked for in vain where they cannot be reached.
  if (node.nameservers !== undefined && existsSync("/etc/resolv.conf"))
    bindMount(etc.fileWith(resolvConf(node)), "/etc/resolv.conf", { readOnly: true });
  for (const shown of node.mounts) mountOfHost(shown, makeMountPoint(shown.target, shown.source), premises.host);
  mountSysfs("/sys");
  for (const folder of premises.covered) mount({ source: "tmpfs", target: folder, type: "tmpfs", data: "mode=755" });
}
