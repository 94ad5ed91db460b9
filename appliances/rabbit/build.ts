/**
 * Builds Rabbit from Debian packages: a kernel with an initrd, and a disk that starts them by BIOS and
 * UEFI. Needs no root. The same packages make the same bytes.
 *
 *   node appliances/rabbit/build.ts [--kernel PACKAGE] [--out FOLDER]
 *
 * FOLDER is build/appliances/rabbit when absent. What is up to date there stays.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type BootDisk, bootPackages, writeBootDisk } from "../image/boot-disk.ts";
import { compress, compressPackages } from "../image/compress.ts";
import { writeArchive } from "../image/cpio.ts";
import { type DebianPackage, fetchPackages } from "../image/debian.ts";
import { fetchKernel, type Kernel, moduleLists } from "../image/kernel.ts";
import { addLibraries } from "../image/libraries.ts";
import { licences, readManifest, writeManifest } from "../image/manifest.ts";
import { writeQcow2 } from "../image/qcow2.ts";
import { inPackage, Tree } from "../image/tree.ts";
import {
  accounts,
  busybox,
  commandLine,
  leftOut,
  moduleFolders,
  modules,
  name,
  programs,
  usualKernel,
} from "./contents.ts";

const checkout = join(import.meta.dirname, "../..");
const { values } = parseArgs({
  options: {
    kernel: { type: "string", default: usualKernel },
    out: { type: "string", default: join(checkout, "build/appliances", name) },
  },
});
const out = resolve(values.out);
/** Of all files: 2025-01-01. A FAT file system has nothing before 1980. */
const seconds = Number(process.env["SOURCE_DATE_EPOCH"] ?? 1_735_689_600);

const kernel = fetchKernel(values.kernel);
const chosen = fetchPackages([busybox.package, ...Object.keys(programs)]);
const folderOf = (name: string) => chosen.find((one) => one.name === name)?.folder ?? "";

const tree = new Tree();
const libraries = fill(tree, kernel);
const packages = [kernel.package, ...chosen, ...libraries, ...compressPackages(), ...bootPackages()];
const inputs = digestOf(packages);
if (readManifest(out)?.inputs === inputs) console.error(`${name} is up to date in ${out}`);
else build();

/** Everything in the appliance. @returns packages its libraries are from */
function fill(tree: Tree, kernel: Kernel): readonly DebianPackage[] {
  for (const path of ["/proc", "/sys", "/dev", "/run", "/tmp", "/root", "/mnt", "/var/run"]) tree.folder(path);
  for (const [one, paths] of Object.entries(programs))
    for (const path of paths) {
      const from = inPackage(folderOf(one), path);
      if (from === undefined) throw new Error(`${path} is not in ${one}`);
      tree.file(path, readFileSync(from), { executable: /\/s?bin\//.test(path) });
    }
  const libraries = addLibraries(tree, Object.keys(programs));
  const shell = inPackage(folderOf(busybox.package), busybox.program);
  if (shell === undefined) throw new Error(`there is no ${busybox.program} in ${busybox.package}`);
  tree.file(busybox.program, readFileSync(shell), { executable: true });
  const applets = execFileSync(shell, ["--list-full"], { encoding: "utf8" }).trim().split("\n").sort();
  for (const applet of applets) {
    const path = `/${applet.replace(/^usr\//, "")}`;
    // A program of a package does more; wherever it is, it is the one that is found.
    const places = ["/bin", "/sbin"].map((folder) => `${folder}/${basename(path)}`);
    if (/^\/s?bin\//.test(path) && !places.some((place) => tree.has(place))) tree.link(path, busybox.program);
  }

  const inFolders = moduleFolders.flatMap((folder) => kernel.modulesIn(folder)).filter((name) => !leftOut.test(name));
  tree.link("/bin/sh", "dash");

  const files = kernel.modules([...modules, ...inFolders]);
  const place = `/lib/modules/${kernel.release}`;
  for (const file of files) tree.file(`${place}/${basename(file)}`, readFileSync(file));
  const { dependencies, aliases } = moduleLists(files);
  tree.file(`${place}/modules.dep`, dependencies);
  tree.file(`${place}/modules.alias`, aliases);
  tree.file(`${place}/modules.symbols`, "");

  for (const [path, text] of Object.entries(accounts)) tree.file(path, text);
  tree.copy(join(import.meta.dirname, "root"));
  return libraries;
}

/** Of packages, of these programs and of the appliance's own files: whatever changes what comes out. */
function digestOf(used: readonly DebianPackage[]): string {
  const hash = createHash("sha256").update(String(seconds));
  for (const { name, version, sha256 } of used) hash.update(`${name} ${version} ${sha256}\n`);
  for (const folder of [join(import.meta.dirname, "../image"), import.meta.dirname])
    for (const file of readdirSync(folder).sort())
      if (file.endsWith(".ts")) hash.update(readFileSync(join(folder, file)));
  for (const entry of tree.entries())
    hash.update(JSON.stringify({ ...entry, content: "" })).update(entry.kind === "file" ? entry.content : "");
  return hash.digest("hex");
}

function build(): void {
  mkdirSync(dirname(out), { recursive: true });
  const work = mkdtempSync(`${out}.`);
  try {
    const made = join(work, "made");
    mkdirSync(join(made, "licences"), { recursive: true });
    cpSync(kernel.image, join(made, "vmlinuz"));
    writeArchive(join(work, "initrd"), tree.entries(), seconds);
    compress(join(work, "initrd"), join(made, "initrd"));
    const disk: BootDisk = {
      kernel: join(made, "vmlinuz"),
      initrd: join(made, "initrd"),
      append: commandLine,
      label: name.toUpperCase().slice(0, 11),
      id: createHash("sha256").update(name).digest().readUInt32LE(),
      seconds,
    };
    const parts = join(work, "parts");
    mkdirSync(parts);
    writeBootDisk(join(work, "disk"), disk, parts);
    writeQcow2(join(work, "disk"), join(made, `${name}.qcow2`));
    for (const [name, text] of licences(packages)) writeFileSync(join(made, "licences", name), text);
    writeManifest(made, ["vmlinuz", "initrd", `${name}.qcow2`], {
      name,
      inputs,
      kernel: kernel.release,
      packages,
    });
    // Whole, or not at all.
    if (existsSync(out)) renameSync(out, join(work, "before"));
    renameSync(made, out);
    console.error(`${name} is in ${out}`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
