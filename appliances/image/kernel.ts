import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type DebianPackage, dependenciesOf, fetchPackages, packageCache } from "./debian.ts";
import { moduleInfo } from "./elf.ts";

/** A kernel with its modules. */
export type Kernel = {
  readonly package: DebianPackage;
  /** As `uname -r` says. */
  readonly release: string;
  /** What a boot loader, or QEMU, starts. */
  readonly image: string;
  /** Files of these modules and of those they need, in the order of loading. Modules that are built in are left out. */
  readonly modules: (names: readonly string[]) => readonly string[];
  /** Names of the modules in a folder below kernel/, and in those in it. */
  readonly modulesIn: (folder: string) => readonly string[];
};

/** @param name a package that stands for the newest kernel of its kind, e.g. `linux-image-cloud-amd64` */
export function fetchKernel(name: string, cache: string = packageCache): Kernel {
  const version = dependenciesOf([name], cache).find((needed) => /^linux-image-\d/.test(needed));
  if (version === undefined) throw new Error(`${name} depends on no kernel`);
  const [found] = fetchPackages([version], cache);
  const [image] = globSync(join(found?.folder ?? "", "boot/vmlinuz-*"));
  if (found === undefined || image === undefined) throw new Error(`there is no kernel in ${version}`);
  const files = new Map(
    globSync(join(found.folder, "{usr/,}lib/modules/*/kernel/**/*.ko"))
      .sort()
      .map((file) => [moduleName(basename(file, ".ko")), file]),
  );
  if (files.size === 0) throw new Error(`there are no modules in ${version} that are not compressed`);
  return {
    package: found,
    release: basename(image).slice("vmlinuz-".length),
    image,
    modules: (names) => loadingOrder(names, files),
    modulesIn: (folder) => [...files].filter(([, file]) => file.includes(`/kernel/${folder}/`)).map(([name]) => name),
  };
}

function loadingOrder(names: readonly string[], files: ReadonlyMap<string, string>): readonly string[] {
  const order = new Set<string>();
  const visit = (name: string) => {
    const file = files.get(moduleName(name));
    if (file === undefined || order.has(file)) return;
    for (const needed of neededModules(readFileSync(file))) visit(needed);
    order.add(file);
  };
  for (const name of names) visit(name);
  return [...order];
}

/** A module tells what it needs: `depends=a,b`. */
const neededModules = (file: Buffer): readonly string[] =>
  moduleInfo(file).flatMap(([key, value]) => (key === "depends" && value !== "" ? value.split(",") : []));

/** Files have dashes where modules have underscores, or not. */
export const moduleName = (name: string): string => name.replaceAll("-", "_");

/**
 * What modprobe(8) looks modules up in, for these files in one folder: which need which (modules.dep,
 * the last one first), and which devices and names they are for (modules.alias).
 *
 * @param modules in the order of loading, as `modules` has them
 */
export function moduleLists(modules: readonly string[]): { readonly dependencies: string; readonly aliases: string } {
  const fileOf = new Map(modules.map((file) => [moduleName(basename(file, ".ko")), file]));
  const dependencies: string[] = [];
  const aliases: string[] = [];
  for (const file of modules) {
    const needed = loadingOrder(neededModules(readFileSync(file)), fileOf).toReversed();
    dependencies.push(`${basename(file)}:${needed.map((one) => ` ${basename(one)}`).join("")}`);
    const name = moduleName(basename(file, ".ko"));
    for (const [key, value] of moduleInfo(readFileSync(file)))
      if (key === "alias") aliases.push(`alias ${value} ${name}`);
  }
  return { dependencies: lines(dependencies), aliases: lines(aliases) };
}

const lines = (all: readonly string[]): string => all.map((one) => `${one}\n`).join("");
