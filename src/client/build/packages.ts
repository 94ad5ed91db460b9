import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { lockFile } from "../../images/index.ts";
import { labError } from "../../topology/errors/error.ts";
import type { AptSources } from "./apt.ts";
import { runStep, type StepOptions } from "./step.ts";

/** What dpkg is told, in order: to unpack files, or to configure packages. */
export type DpkgStep =
  | { readonly do: "unpack"; readonly files: readonly string[] }
  | { readonly do: "configure"; readonly packages: readonly string[] };

/** `Inst NAME [OLD] (VERSION ORIGIN [ARCHITECTURE])` and `Conf NAME (…)` of apt-get(8), --simulate. */
const instLine = /^Inst (\S+) (?:\[[^\]]*\] )?\((\S+) .*\[([a-z0-9-]+)\]\)/;
const confLine = /^Conf (\S+) /;

/**
 * The order in which dpkg takes packages, as apt says it: what another needs before it is unpacked is
 * configured first (Debian Policy, 7.2).
 */
export function dpkgSteps(simulation: string): readonly DpkgStep[] {
  const steps: DpkgStep[] = [];
  for (const line of simulation.split("\n")) {
    const last = steps.at(-1);
    const [, name, version, architecture] = instLine.exec(line) ?? [];
    if (name !== undefined && version !== undefined) {
      // As apt names what it has downloaded: colons would be the end of a host's name.
      const file = `${name.split(":")[0]}_${version.replaceAll(":", "%3a")}_${architecture}.deb`;
      if (last?.do === "unpack") steps.splice(-1, 1, { do: "unpack", files: [...last.files, file] });
      else steps.push({ do: "unpack", files: [file] });
    }
    const configured = confLine.exec(line)?.[1];
    if (configured === undefined) continue;
    if (last?.do === "configure") steps.splice(-1, 1, { do: "configure", packages: [...last.packages, configured] });
    else steps.push({ do: "configure", packages: [configured] });
  }
  return steps;
}

/**
 * Has this machine's apt find out what it takes to install packages in a system, and download that. apt
 * reads of the system only its list of packages; nothing of the system is run.
 *
 * @param status the text of the system's /var/lib/dpkg/status
 * @param cache a folder in which lists and packages stay
 * @returns names in `<cache>/archives`, in the order in which dpkg takes them
 * @throws RECIPE_STEP_FAILED, PROGRAM_MISSING
 */
export async function downloadPackages(
  packages: readonly string[],
  status: string,
  sources: AptSources,
  cache: string,
  options: Omit<StepOptions, "what">,
): Promise<readonly DpkgStep[]> {
  const lists = join(cache, `lists-${sources.suite}`);
  for (const folder of [`${lists}/partial`, `${cache}/archives/partial`]) await mkdir(folder, { recursive: true });
  // One at a time: builds that run at once share what is there.
  using _lock = await lockFile(join(cache, "lock"), "exclusive", options.signal);
  const work = await mkdtemp(join(cache, "apt-"));
  try {
    await writeFile(join(work, "status"), status);
    await writeFile(join(work, "sources.list"), `${sources.lines.join("\n")}\n`);
    const settings = {
      "Dir::State": work,
      "Dir::State::status": join(work, "status"),
      "Dir::State::lists": lists,
      "Dir::Cache": cache,
      "Dir::Cache::archives": join(cache, "archives"),
      // Made anew, in less time than it takes to keep them.
      "Dir::Cache::pkgcache": "",
      "Dir::Cache::srcpkgcache": "",
      "Dir::Etc::sourcelist": join(work, "sources.list"),
      "Dir::Etc::sourceparts": "/dev/null",
      // Hooks and choices of this machine's own packages.
      "Dir::Etc::main": "/dev/null",
      "Dir::Etc::parts": "/dev/null",
      "Dir::Etc::preferences": "/dev/null",
      "Dir::Etc::preferencesparts": "/dev/null",
      "APT::Install-Recommends": "false",
      "APT::Sandbox::User": "root",
      "Acquire::Languages": "none",
      "APT::Update::Error-Mode": "any",
      "Debug::NoLocking": "true",
    };
    const text = Object.entries(settings).map(([name, value]) => `${name} "${value}";`);
    await writeFile(join(work, "apt.conf"), `${[...text, ...sources.access].join("\n")}\n`);
    const environment = { ...options.environment, APT_CONFIG: join(work, "apt.conf") };
    const get = (what: string, ...argv: readonly string[]) =>
      runStep("apt-get", ["-q", "-y", ...argv], { ...options, environment, what });
    await get("updating the lists of packages", "update");
    const install = ["--no-remove", "install", ...packages];
    const simulation = await get("choosing Debian packages", "--simulate", ...install);
    const steps = dpkgSteps(simulation);
    await get("downloading Debian packages", "--download-only", ...install);
    for (const step of steps)
      for (const file of step.do === "unpack" ? step.files : [])
        if (!existsSync(join(cache, "archives", file)))
          throw labError("RECIPE_STEP_FAILED", {
            image: options.image,
            what: "downloading Debian packages",
            how: `left ${file} out`,
            lastLines: [],
          });
    return steps;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
