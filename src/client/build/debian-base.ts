import { existsSync } from "node:fs";
import type { Readable } from "node:stream";
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
 * same bytes. As a user it needs subordinate ids, under which mmdebstrap works.
 *
 * @param seconds since 1970, of every file that is newer
 * @param take reads the tar archive
 * @throws PROGRAM_MISSING, RECIPE_STEP_FAILED
 */
export async function makeDebianBase(
  { suite, lines, access }: AptSources,
  packages: readonly string[],
  seconds: number,
  options: Omit<StepOptions, "what">,
  take: (archive: Readable) => Promise<unknown>,
): Promise<void> {
  await runStep(
    "mmdebstrap",
    [
      ...["--quiet", "--mode=unshare", "--variant=essential", "--format=tar", "--skip=output/dev"],
      ...(existsSync(mergedUsr) ? [`--hook-dir=${mergedUsr}`] : []),
      ...(packages.length === 0 ? [] : [`--include=${packages.join(",")}`]),
      ...leftOut.map((line) => `--dpkgopt=${line}`),
      ...access.map((line) => `--aptopt=${line}`),
      `--customize-hook=${tidy}`,
      ...[suite, "-", ...lines],
    ],
    {
      ...options,
      what: "installing Debian packages",
      environment: { ...options.environment, SOURCE_DATE_EPOCH: String(seconds) },
    },
    take,
  );
}
