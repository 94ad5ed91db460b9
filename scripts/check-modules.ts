/**
 * Checks who imports whom in src/ and web/src/ against module-rules.ts.
 *
 *   node scripts/check-modules.ts [FOLDER]     FOLDER holds src/; default: the repository
 *
 * Fails on a violation, and on a check that cannot be trusted: no modules, a file the cruise did
 * not see, or a folder of src/ without a rule.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { cruise, type ICruiseResult } from "dependency-cruiser";
import extractTSConfig from "dependency-cruiser/config-utl/extract-ts-config";
import { forbidden, mayImport, options } from "./module-rules.ts";

export type ModuleCheck = {
  readonly problems: readonly string[];
  readonly modules: number;
  readonly dependencies: number;
};

const roots = ["src", "web/src"] as const;

/** Cruises `folder`/src, and web/src where there is one. The layer rules are the repository's, whatever the folder. */
export async function checkModules(folder: string): Promise<ModuleCheck> {
  const files = sourceFiles(folder);
  if (files.length === 0) {
    return { problems: [`No modules seen in ${folder}/src: nothing was checked.`], modules: 0, dependencies: 0 };
  }
  const result = await cruise(
    roots.filter((root) => existsSync(join(folder, root))),
    { ...options, baseDir: folder, validate: true, ruleSet: { forbidden } },
    undefined,
    { tsConfig: extractTSConfig(join(import.meta.dirname, "../tsconfig.json")) },
  );
  const { modules, summary } = result.output as ICruiseResult;
  const seen = modules.filter(({ source }) => roots.some((root) => source.startsWith(`${root}/`)));
  const problems = summary.violations.map((violation) => {
    const why = forbidden.find((rule) => rule.name === violation.rule.name)?.comment ?? "";
    const path = violation.cycle?.map((step) => step.name).join(" → ") ?? violation.to;
    return `${violation.from} → ${path}\n    ${violation.rule.name}: ${why}`;
  });
  const known = new Set(seen.map((module) => module.source));
  for (const file of files) {
    if (!known.has(file)) problems.push(`${file} was not seen by the check.`);
    if (file.startsWith("src/") && !Object.keys(mayImport).some((layer) => file.startsWith(`src/${layer}/`))) {
      problems.push(`${file} is in no layer: add its folder to the table in scripts/module-rules.ts.`);
    }
  }
  const imports = seen.flatMap((module) => module.dependencies);
  if (seen.length > 1 && imports.length === 0) problems.push("No imports seen: the parser does not work.");
  return { problems, modules: seen.length, dependencies: imports.length };
}

function sourceFiles(folder: string): readonly string[] {
  return roots.flatMap((root) => {
    try {
      return readdirSync(join(folder, root), { recursive: true, encoding: "utf8" })
        .filter((file) => /\.tsx?$/.test(file))
        .map((file) => join(root, file));
    } catch {
      return [];
    }
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const folder = process.argv[2] ?? join(import.meta.dirname, "..");
  const { problems, modules, dependencies } = await checkModules(folder);
  for (const problem of problems) console.error(`✗ ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
  else console.log(`Module rules hold: ${modules} modules, ${dependencies} imports.`);
}
