import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chown, mkdir } from "node:fs/promises";
import type { Readable } from "node:stream";
import { type Confinement, reported, runWorker } from "../../images/index.ts";
import { labError } from "../../topology/errors/error.ts";
import { findProgram, toolPath } from "../launch/id-facts.ts";
import type { AptSources } from "./apt.ts";
import { runStep, type StepOptions } from "./step.ts";

/** /bin and the like as links into /usr, without the package (with Perl) that would move them there later. */
const mergedUsr = "/usr/share/mmdebstrap/hooks/maybe-merged-usr";

/** Nobody reads them in a lab; licences stay. */
const leftOut = [
  "path-exclude=/usr/share/man/*",
  "path-exclude=/usr/share/info/*",
  "path-exclude=/usr/share/locale/*",
  "path-exclude=/usr/share/doc/*",
  "path-include=/usr/share/doc/*/copyright",
];

/**
 * What is of this machine, or of the time: names, where packages came from, copies of what was before.
 * mmdebstrap runs it with the new root as its first argument, and sorts and dates all files itself.
 */
const tidy = [
  'rm -f "$1"/etc/hostname "$1"/etc/resolv.conf "$1"/etc/apt/sources.list "$1"/etc/apt/sources.list.d/*',
  'rm -f "$1"/etc/apt/apt.conf.d/99mmdebstrap "$1"/etc/passwd- "$1"/etc/group- "$1"/etc/shadow- "$1"/etc/gshadow-',
  'rm -f "$1"/var/cache/debconf/*-old "$1"/var/lib/dpkg/*-old "$1"/var/cache/ldconfig/aux-cache',
].join("; ");

/**
 * Makes a Debian system of its essential packages and those that are named. The same packages make the
 * same bytes. It is done under the ids of labs, with a PID namespace that ends with it: what packages
 * run has no rights on this machine, and nothing of it goes on when it is broken off.
 *
 * @param layers the folder of layers that are unpacked under these ids, where there is room for it meanwhile
 * @param seconds since 1970, of every file that is newer
 * @param take reads the tar archive
 * @throws PROGRAM_MISSING, RECIPE_STEP_FAILED
 */
export async function makeDebianBase(
  { suite, lines, access }: AptSources,
  packages: readonly string[],
  seconds: number,
  confinement: Confinement,
  layers: string,
  options: Omit<StepOptions, "what">,
  take: (archive: Readable) => Promise<unknown>,
): Promise<void> {
  if (findProgram("mmdebstrap", toolPath(options.environment["PATH"])) === undefined)
    throw labError("PROGRAM_MISSING", {
      program: "mmdebstrap",
      needed: "images of Debian packages are made with it",
      mend: "Install it: sudo apt-get install mmdebstrap",
    });
  // As layers that are being unpacked are called: what is left of a killed process, prune removes.
  const name = `.new-${randomBytes(12).toString("hex")}-build`;
  const work = `${layers}/${name}`;
  await mkdir(work, { recursive: true, mode: 0o755 });
  if (confinement.owner !== undefined)
    for (const folder of [layers, work]) await chown(folder, confinement.owner.uid, confinement.owner.gid);
  const [program, ...argv] = confinement.prefix;
  try {
    await runStep(
      program,
      [
        ...argv,
        ...["mmdebstrap", "--quiet", "--mode=root", "--variant=essential", "--format=tar", "--skip=output/dev"],
        ...(existsSync(mergedUsr) ? [`--hook-dir=${mergedUsr}`] : []),
        ...(packages.length === 0 ? [] : [`--include=${packages.join(",")}`]),
        ...leftOut.map((line) => `--dpkgopt=${line}`),
        // Whether apt's own user could get at the folder depends on where that is; and it shows in the image.
        '--aptopt=APT::Sandbox::User "root"',
        ...access.map((line) => `--aptopt=${line}`),
        `--customize-hook=${tidy}`,
        ...[suite, "-", ...lines],
      ],
      {
        ...options,
        what: "installing Debian packages",
        environment: { ...options.environment, SOURCE_DATE_EPOCH: String(seconds), TMPDIR: work },
      },
      take,
    );
  } finally {
    await runWorker(confinement, { do: "remove", folder: layers, names: [name] }, reported, () => undefined);
  }
}
