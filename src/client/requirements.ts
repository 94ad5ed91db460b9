import { existsSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { labError, type NetwrightError } from "../topology/errors/error.ts";
import { isReleaseWithin, isWithin, nearestWithin, parseBounds } from "../topology/requires/bounds.ts";
import type { HostRequirements } from "../topology/requires/requirements.ts";
import { formatSize } from "../topology/size.ts";
import { findProgram } from "./launch/id-facts.ts";

/** What is known of a machine. Undefined: it does not have it. */
export type HostFacts = {
  /** As uname(2) gives it. */
  readonly release: string;
  sysctl(name: string): string | undefined;
  hasModule(name: string): boolean;
  readonly availableBytes: number;
  hasProgram(name: string): boolean;
};

/** @param path the PATH to find programs in */
export function hostFacts(path: string): HostFacts {
  const builtIn = textOf(`/lib/modules/${release()}/modules.builtin`);
  return {
    release: release(),
    // As sysctl(8): a slash stands for a dot in a name.
    sysctl: (name) => textOf(`/proc/sys/${name.replace(/[./]/g, (mark) => (mark === "." ? "/" : "."))}`)?.trim(),
    hasModule: (name) => {
      const stem = name.replaceAll("-", "_");
      const files = (builtIn ?? "").split("\n").map((line) => line.replace(/^.*\//, "").replace(/\.ko.*$/, ""));
      return existsSync(`/sys/module/${stem}`) || files.some((file) => file.replaceAll("-", "_") === stem);
    },
    availableBytes: 1024 * Number(/^MemAvailable:\s+(\d+) kB/m.exec(textOf("/proc/meminfo") ?? "")?.[1] ?? 0),
    hasProgram: (name) => findProgram(name, path) !== undefined,
  };
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** What of the requirements a machine does not meet, all of it, each with the command that mends it. */
export function unmetRequirements(requires: HostRequirements, facts: HostFacts): readonly NetwrightError[] {
  const { kernel, sysctls, modules, memoryBytes, programs } = requires;
  const unmet = (what: string, wanted: string, found: string, mend: string) =>
    labError("HOST_REQUIREMENT", { what, wanted, found, mend });
  return [
    ...(kernel === undefined || isReleaseWithin(facts.release, kernel)
      ? []
      : [unmet("the kernel's release", kernel, facts.release, "Boot another kernel, or use another machine.")]),
    ...Object.entries(sysctls).flatMap(([name, text]) => {
      const [bounds, value] = [parseBounds(text), facts.sysctl(name)];
      if (bounds === undefined) throw new RangeError(`"${text}" are no bounds`);
      if (value === undefined)
        return [unmet(name, text, "no such setting", "Load the module that it belongs to, or check its name.")];
      const number = Number(value);
      if (value !== "" && isWithin(number, bounds)) return [];
      const mended = Number.isFinite(number) ? nearestWithin(number, bounds) : bounds.least;
      return [unmet(name, text, value, `Set it: sudo sysctl -w ${name}=${mended}`)];
    }),
    ...modules
      .filter((name) => !facts.hasModule(name))
      .map((name) => unmet(`the kernel module ${name}`, "loaded", "not loaded", `Load it: sudo modprobe ${name}`)),
    ...(memoryBytes === undefined || facts.availableBytes >= memoryBytes
      ? []
      : [
          unmet(
            "available memory",
            `>= ${formatSize(memoryBytes)}`,
            `${Math.floor(facts.availableBytes / 2 ** 20)}MiB`,
            "End other programs or labs, or use a machine with more.",
          ),
        ]),
    ...programs
      .filter((name) => !facts.hasProgram(name))
      .map((name) =>
        unmet(`the program ${name}`, "installed", "not in the PATH", `Install it, on Debian: apt-cache search ${name}`),
      ),
  ];
}

/** @throws HOST_REQUIREMENT, or an AggregateError of all that is not met */
export function requireOfHost(requires: HostRequirements | undefined, path: string): void {
  if (requires === undefined) return;
  const errors = unmetRequirements(requires, hostFacts(path));
  const [first] = errors;
  if (first === undefined) return;
  if (errors.length === 1) throw first;
  throw new AggregateError(errors, errors.map(({ message }) => message).join("\n"));
}
