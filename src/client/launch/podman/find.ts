import { readFileSync } from "node:fs";
import { findProgram, readIdFacts, toolPath } from "../id-facts.ts";
import { planIdMap } from "../id-map.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** A Podman that a lab of this user's can have for itself, within its own user namespace. */
export type OwnPodman = {
  /** Absolute paths of the programs. */
  readonly podman: string;
  readonly crun: string;
  /** Where the images of the user's own rootless Podman are: a folder that need not be there yet. */
  readonly images: string;
};

/**
 * What an ordinary user needs so that a lab runs a Podman of its own.
 *
 * @returns what is missing, in words and with how to get it, where something is
 */
export function findOwnPodman(
  environment: Environment,
  uid = process.getuid?.() ?? 0,
): OwnPodman | { readonly missing: readonly string[] } {
  // Root has an engine of root's; and its labs run under ids that nobody has images for.
  if (uid === 0) return { missing: ["an engine that runs as root, since you are root"] };
  const path = toolPath(environment["PATH"]);
  const podman = findProgram("podman", path);
  const crun = findProgram("crun", path);
  const missing = [
    ...(podman === undefined ? ["podman (the package podman)"] : []),
    ...(crun === undefined ? ["crun (the package crun)"] : []),
    ...(planIdMap(readIdFacts(path)).how === "helpers" ? [] : ["subordinate ids (netwright doctor says how)"]),
  ];
  if (podman === undefined || crun === undefined || missing.length > 0) return { missing };
  return { podman, crun, images: imageStore(environment) };
}

/** Of rootless Podman: as storage.conf(5) says, or below XDG_DATA_HOME. */
function imageStore(environment: Environment): string {
  const home = environment["HOME"] ?? "/";
  const settings = `${environment["XDG_CONFIG_HOME"] ?? `${home}/.config`}/containers/storage.conf`;
  let chosen: string | undefined;
  try {
    chosen = /^\s*graphroot\s*=\s*"(\/[^"$]*)"/m.exec(readFileSync(settings, "utf8"))?.[1];
  } catch {
    // Few have one.
  }
  return chosen ?? `${environment["XDG_DATA_HOME"] ?? `${home}/.local/share`}/containers/storage`;
}
