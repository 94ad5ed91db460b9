import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";

/** A package that was downloaded and unpacked, and never installed. */
export type DebianPackage = {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** Of the .deb file, as Debian's signed lists have it. */
  readonly sha256: string;
  /** Where its files are. */
  readonly folder: string;
};

const downloadMs = 300_000;

/** Where packages are kept: one place for all who build images in this checkout. */
export const packageCache = join(import.meta.dirname, "../../build/debian");

/**
 * Packages in the versions that this machine's apt would install, unpacked below `cache`. Needs no
 * root, and no network for those that are there already.
 *
 * @param names of packages that exist, not virtual ones
 * @throws when apt does not know one, or cannot download it
 */
export function fetchPackages(names: readonly string[], cache: string = packageCache): readonly DebianPackage[] {
  mkdirSync(cache, { recursive: true });
  const offers = offered(names, cache);
  const missing = offers.filter(({ file }) => !existsSync(join(cache, folderName(file))));
  if (missing.length > 0) download(missing, cache);
  return offers.map(({ file, sha256 }) => {
    const [name = "", version = "", architecture = ""] = folderName(file).split("_");
    return {
      name,
      version: decodeURIComponent(version),
      architecture,
      sha256,
      folder: join(cache, folderName(file)),
    };
  });
}

/** What packages depend on, directly or not; the first where there is a choice. Sorted by name. */
export function dependenciesOf(names: readonly string[], cache: string = packageCache): readonly string[] {
  const without = ["recommends", "suggests", "conflicts", "breaks", "replaces", "enhances"].map((one) => `--no-${one}`);
  const listing = answer("apt-cache", ["depends", "--recurse", ...without, ...names], cache);
  const found = listing.split("\n").filter((line) => /^[a-z0-9][a-z0-9+.-]+$/.test(line));
  return [...new Set(found)].filter((name) => !names.includes(name)).sort();
}

type Offer = { readonly request: string; readonly file: string; readonly sha256: string };

/** Lines of `apt-get --print-uris download`: 'address' file size SHA256:digest. */
function offered(names: readonly string[], cache: string): readonly Offer[] {
  const listing = answer("apt-get", ["-qq", "--print-uris", "download", ...names], cache);
  const offers = [...listing.matchAll(/^'[^']+' (\S+)\.deb \d+ SHA256:([0-9a-f]{64})$/gm)].map(
    ([, file = "", sha256 = ""]) => ({ request: requestOf(file), file: `${file}.deb`, sha256 }),
  );
  if (offers.length !== new Set(names).size)
    throw new Error(`apt offers ${offers.length} of ${names.length} packages (${names.join(" ")}): run apt-get update`);
  return offers;
}

/** The very package, whatever apt's lists are by then. */
function requestOf(file: string): string {
  const [name, version = ""] = file.split("_");
  return `${name}=${decodeURIComponent(version)}`;
}

const folderName = (file: string): string => basename(file, ".deb");

function download(offers: readonly Offer[], cache: string): void {
  const work = mkdtempSync(join(cache, "fetch-"));
  try {
    apt("apt-get", ["-qq", "download", ...offers.map(({ request }) => request)], work);
    for (const archive of readdirSync(work)) {
      const offer = offers.find(({ file }) => file === archive);
      const digest = createHash("sha256")
        .update(readFileSync(join(work, archive)))
        .digest("hex");
      if (offer?.sha256 !== digest) throw new Error(`${archive} is not the package that apt's lists have`);
      const unpacked = join(work, "unpacked");
      execFileSync("dpkg-deb", ["-x", join(work, archive), unpacked]);
      // Whole or not at all; and when another run was faster, its folder is as good.
      const place = join(cache, folderName(archive));
      if (existsSync(place)) rmSync(unpacked, { recursive: true });
      else renameSync(unpacked, place);
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** What apt says, kept as long as its lists are what they are: on a slow machine it takes seconds to say it. */
function answer(program: "apt-get" | "apt-cache", argv: readonly string[], cache: string): string {
  const lists = statSync("/var/lib/apt/lists", { throwIfNoEntry: false })?.mtimeMs;
  const key = createHash("sha256")
    .update(JSON.stringify([program, argv, lists]))
    .digest("hex")
    .slice(0, 16);
  const file = join(cache, `answer-${key}`);
  if (existsSync(file)) return readFileSync(file, "utf8");
  const text = apt(program, argv);
  mkdirSync(cache, { recursive: true });
  writeFileSync(`${file}.${process.pid}`, text);
  renameSync(`${file}.${process.pid}`, file);
  return text;
}

function apt(program: "apt-get" | "apt-cache", argv: readonly string[], cwd = "/"): string {
  try {
    return execFileSync(program, argv, {
      cwd,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      timeout: downloadMs,
      maxBuffer: 64 * 1024 * 1024,
      env: { ...process.env, LC_ALL: "C" },
    });
  } catch (cause) {
    const said = String((cause as { stderr?: unknown }).stderr ?? "").trim();
    throw new Error(`${program} ${argv.join(" ")}: ${said}. Its lists may be old: run apt-get update`, { cause });
  }
}
