import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { labError } from "../../topology/errors/error.ts";

/*
 * Where Debian packages come from: where this machine's apt has them from. Nothing here names a server.
 */

export type AptSources = {
  /** `bookworm`. */
  readonly suite: string;
  /** Lines of sources.list(5). */
  readonly lines: readonly string[];
  /** Lines of apt.conf(5): how this machine's apt reaches its servers. */
  readonly access: readonly string[];
};

type Environment = Readonly<Record<string, string | undefined>>;

const answerMs = 60_000;
/** Those of Debian and of Ubuntu; the repositories of others have their own. */
const components = new Set([
  "main",
  "contrib",
  "non-free",
  "non-free-firmware",
  "universe",
  "restricted",
  "multiverse",
]);
const origins = new Set(["", "debian", "ubuntu"]);

/**
 * The sources of this machine's apt for a release.
 *
 * @param wanted that of this machine when absent
 * @throws PROGRAM_MISSING, RECIPE_STEP_FAILED where apt has no source of packages
 */
export async function aptSources(
  image: string,
  wanted: string | undefined,
  environment: Environment,
): Promise<AptSources> {
  const format = ["RELEASE", "COMPONENT", "REPO_URI", "SIGNED_BY", "ORIGIN"].map((one) => `$(${one})`).join("\t");
  const [targets, settings] = await Promise.all([
    apt("apt-get", ["indextargets", "--format", format, "Created-By: Packages"], environment),
    apt("apt-config", ["dump"], environment),
  ]);
  const all = targets.split("\n").flatMap((line) => {
    const [release = "", component = "", uri = "", signedBy = "", origin = ""] = line.split("\t").map(known);
    return components.has(component) && origins.has(origin.toLowerCase())
      ? [{ release, component, uri, signedBy }]
      : [];
  });
  const own = all.map(({ release }) => release).find((release) => release === codename()) ?? all[0]?.release;
  const suite = wanted ?? own;
  if (suite === undefined || own === undefined)
    throw labError("RECIPE_STEP_FAILED", {
      image,
      what: "looking for Debian packages",
      how: "found none: apt of this machine has no source of them",
      lastLines: [],
    });
  const fitting = all.filter(({ release }) => release === suite || release.startsWith(`${suite}-`));
  // Of a release that apt here has not: the archive of its own has others beside it.
  const chosen =
    fitting.length > 0
      ? fitting
      : all.filter(({ release }) => release === own).map((one) => ({ ...one, release: suite }));
  const lines = chosen.map(
    ({ release, component, uri, signedBy }) =>
      `deb ${signedBy.startsWith("/") ? `[signed-by=${signedBy}] ` : ""}${uri} ${release} ${component}`,
  );
  const access = settings
    .split("\n")
    .filter((line) => /^Acquire::(https?|Retries|ForceIPv[46])\b.*"[^"]+";$/i.test(line));
  return { suite, lines: [...new Set(lines)], access };
}

/** Fields that a target has not stay as they were asked for. */
const known = (field: string): string => (field.startsWith("$(") ? "" : field);

function codename(): string | undefined {
  try {
    return codenameIn(readFileSync("/etc/os-release", "utf8"));
  } catch {
    return undefined;
  }
}

/** VERSION_CODENAME of os-release(5). */
export const codenameIn = (osRelease: string): string | undefined =>
  /^VERSION_CODENAME="?([a-z0-9.-]+)"?$/m.exec(osRelease)?.[1];

async function apt(program: string, argv: readonly string[], environment: Environment): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(program, [...argv], {
      timeout: answerMs,
      maxBuffer: 64 << 20,
      env: { ...environment, LC_ALL: "C" },
    });
    return stdout;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw labError("PROGRAM_MISSING", {
      program,
      needed: "images are made of Debian packages with it",
      mend: "Build them on Debian or Ubuntu. Images that are made elsewhere run on every Linux.",
    });
  }
}
