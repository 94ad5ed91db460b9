import { spawnSync } from "node:child_process";

/** Why there can be no guest on this machine; undefined when there can. */
export function missingForGuest(): string | undefined {
  if (process.arch !== "x64") return "the guest's kernel is for x86-64";
  for (const program of ["qemu-system-x86_64", "dpkg-deb", "apt-get"])
    if (spawnSync(program, ["--version"]).error !== undefined) return `there is no ${program} here`;
  return undefined;
}
