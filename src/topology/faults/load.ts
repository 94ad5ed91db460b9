import { LabFileError } from "../errors/error.ts";
import { Findings } from "../findings.ts";
import type { Lab } from "../model.ts";
import { nearest } from "../nearest.ts";
import { type Path, pathText } from "../source/source.ts";
import { readYaml } from "../source/yaml.ts";
import { faultsForm } from "./form.ts";
import { readFaults } from "./read.ts";
import type { FaultSchedule } from "./schedule.ts";

/**
 * Reads a fault file for a lab: everything it names must be there.
 *
 * @param file as error messages name it
 * @throws LabFileError with all that is wrong
 */
export function loadFaults(text: string, file: string, lab: Lab): FaultSchedule {
  const source = readYaml(text, file);
  if (source.data === undefined) throw new LabFileError(source.errors);
  const findings = new Findings(source.locate);
  for (const error of source.errors) findings.add(error);
  const checked = faultsForm.safeParse(source.data);
  if (!checked.success) {
    for (const issue of checked.error.issues) reportForm(issue, source.data, findings);
    // The steps whose form is right may name what is not there: all mistakes are told at once.
    const rest = faultsForm.safeParse({ steps: wellFormedSteps(source.data, findings) });
    if (rest.success) readFaults(rest.data, [], lab, findings);
    throw new LabFileError(findings.errors);
  }
  const schedule = readFaults(checked.data, [], lab, findings);
  if (findings.hasErrors) throw new LabFileError(findings.errors);
  return schedule;
}

/** Nothing in place of the steps in which something is wrong. */
function wellFormedSteps(data: unknown, findings: Findings): readonly unknown[] {
  const steps: unknown = (data as { readonly steps?: unknown } | null)?.steps;
  if (!Array.isArray(steps)) return [];
  return steps.map((step, index) => (findings.isTainted(["steps", index]) ? {} : step));
}

type Issue = NonNullable<ReturnType<typeof faultsForm.safeParse>["error"]>["issues"][number];

function reportForm(issue: Issue, data: unknown, findings: Findings): void {
  const path = issue.path as Path;
  const where = pathText(path) === "" ? "A fault file" : pathText(path);
  if (issue.code === "unrecognized_keys") {
    const allowed = issue.message.split(" ");
    for (const key of issue.keys) {
      const suggestion = nearest(key, allowed);
      const details = { key, where, allowed, ...(suggestion === undefined ? {} : { nearest: suggestion }) };
      findings.error("UNKNOWN_KEY", details, [...path, key], "key");
    }
    return;
  }
  const value = issue.path.reduce<unknown>(
    (one, key) => (one as Record<PropertyKey, unknown> | undefined)?.[key],
    data,
  );
  const actual = value === undefined ? "missing" : (JSON.stringify(value) ?? "").slice(0, 60);
  findings.error("WRONG_VALUE", { what: where, actual, expected: issue.message }, path);
}
