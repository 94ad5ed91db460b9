import { mkdir, readFile, statfs } from "node:fs/promises";
import { availableParallelism, hostname, release } from "node:os";
import { findInstallation } from "../../client/installation.ts";
import type { HostFacts } from "./agent.ts";

/** Of a name in an address, at most (Name of the API). */
const longestName = 40;

/**
 * What this machine has, and has left.
 *
 * @param folder where its labs keep what is large
 * @param labs how many run
 */
export async function hostFacts(folder: string, labs: number): Promise<HostFacts> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const [memory, load, disk] = await Promise.all([
    readFile("/proc/meminfo", "utf8"),
    readFile("/proc/loadavg", "utf8"),
    statfs(folder),
  ]);
  // proc_meminfo(5): what can be given without swapping is more than what is free.
  const bytes = (field: string) => Number(new RegExp(`^${field}: +(\\d+) kB$`, "m").exec(memory)?.[1] ?? 0) * 1024;
  return {
    name: nameOf(hostname()),
    version: findInstallation(import.meta.url).version,
    kernel: release(),
    cpus: availableParallelism(),
    memoryBytes: bytes("MemTotal"),
    freeMemoryBytes: bytes("MemAvailable"),
    freeDiskBytes: disk.bavail * disk.bsize,
    load: Number(load.split(" ")[0]),
    labs,
  };
}

/** A machine's name as one that can stand in an address. */
const nameOf = (name: string): string =>
  (name.split(".")[0] ?? "")
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-")
    .slice(0, longestName)
    .replace(/^-+|-+$/g, "") || "local";
