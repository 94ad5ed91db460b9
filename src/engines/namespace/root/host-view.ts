import { existsSync } from "node:fs";
import { bindMount, makePrivate, mount } from "../../../kernel/index.ts";
import type { ProgramNode } from "../../../topology/index.ts";
import { resolvConf } from "../../resolv-conf.ts";
import type { EtcTemplate } from "./etc.ts";
import { mountSysfs } from "./isolated.ts";
import { makeMountPoint } from "./mount-point.ts";

/**
 * The host's file system as the user sees it (`root: host`), with the lab's names, this node's /sys,
 * and without the lab's own runtime folder.
 *
 * @param covered folders that must look empty
 */
export function enterHostView(node: ProgramNode, etc: EtcTemplate, covered: readonly string[]): void {
  makePrivate("/");
  if (existsSync("/etc/hosts")) bindMount(etc.hostsFile, "/etc/hosts", { readOnly: true });
  // Names that this machine's servers know would be asked for in vain where they cannot be reached.
  if (node.nameservers !== undefined && existsSync("/etc/resolv.conf"))
    bindMount(etc.fileWith(resolvConf(node)), "/etc/resolv.conf", { readOnly: true });
  for (const { source, target, readOnly } of node.mounts) {
    bindMount(source, makeMountPoint(target, source), { recursive: true, readOnly });
  }
  mountSysfs("/sys");
  for (const folder of covered) mount({ source: "tmpfs", target: folder, type: "tmpfs", data: "mode=755" });
}
