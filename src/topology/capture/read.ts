import { parseDuration } from "../duration.ts";
import { NetwrightError } from "../errors/error.ts";
import type { Findings } from "../findings.ts";
import type { Endpoint, Lab } from "../model.ts";
import type { Path } from "../source/source.ts";
import { type Capture, captureFileEnding, captureFileName, captureFilePattern, captureFileRule } from "./capture.ts";
import type { CaptureForm } from "./form.ts";
import { parseSize } from "./size.ts";
import { captureInterfaces } from "./targets.ts";

/** The least and the most that a ring may be; the kernel's memory is not swapped. */
const ringBytes = { least: 64 * 1024, most: 256 * 1024 * 1024 } as const;

/**
 * Reads what a lab file has under `capture`, whose form has been checked. What is wrong goes to
 * `findings`; a capture with something wrong is left out.
 *
 * @param isWhole false where parts of the lab could not be read: what a capture names may then be there all the same
 */
export function readCaptures(
  forms: readonly (CaptureForm | undefined)[],
  lab: Lab,
  findings: Findings,
  isWhole: boolean,
): readonly Capture[] {
  const taken = new Set<string>();
  return forms.flatMap((form, index): Capture[] => {
    const path = ["capture", index];
    // Taken out when its form was checked.
    if (form === undefined || findings.isTainted(path)) return [];
    const targets = typeof form.of === "string" ? [form.of] : form.of;
    const interfaces = targets.flatMap((text, at): readonly Endpoint[] =>
      readTarget(text, typeof form.of === "string" ? [...path, "of"] : [...path, "of", at], lab, findings, isWhole),
    );
    const file = readFile(form.file, targets, path, findings);
    if (taken.has(file.toLowerCase()))
      findings.error("CAPTURE_FILE_TAKEN", { file }, form.file === undefined ? path : [...path, "file"]);
    taken.add(file.toLowerCase());
    const limits = readLimits(form, path, findings);
    if (findings.isTainted(path)) return [];
    return [{ file, interfaces: unique(interfaces), ...limits }];
  });
}

function readTarget(text: string, path: Path, lab: Lab, findings: Findings, isWhole: boolean): readonly Endpoint[] {
  try {
    return captureInterfaces(lab, [text]);
  } catch (error) {
    if (!(error instanceof NetwrightError)) throw error;
    findings.taint(path);
    if (isWhole || error.code === "CAPTURE_TARGET_INVALID" || error.code === "CAPTURE_LOOPBACK")
      findings.addAt(error, path);
    return [];
  }
}

function readFile(given: string | undefined, targets: readonly string[], path: Path, findings: Findings): string {
  if (given === undefined) return captureFileName(targets);
  const rule = `Use ${captureFileRule}`;
  if (!captureFilePattern.test(given))
    findings.error("NAME_INVALID", { what: "a capture's file", name: given, rule }, [...path, "file"]);
  return /\.pcap(ng)?$/.test(given) ? given : `${given}${captureFileEnding}`;
}

function readLimits({ filter, snaplen, count, duration, ring }: CaptureForm, path: Path, findings: Findings) {
  const durationMs = duration === undefined ? undefined : parseDuration(duration);
  if (durationMs === 0)
    findings.error("WRONG_VALUE", { what: "duration", actual: "0s", expected: "a time above 0" }, [
      ...path,
      "duration",
    ]);
  const bytes = ring === undefined ? undefined : parseSize(ring);
  if (ring !== undefined && (bytes === undefined || bytes < ringBytes.least || bytes > ringBytes.most)) {
    const expected = "a size from 64kb to 256mb, such as 16mb";
    findings.error("WRONG_VALUE", { what: "ring", actual: JSON.stringify(ring), expected }, [...path, "ring"]);
  }
  return {
    ...(filter === undefined ? {} : { filter }),
    ...(snaplen === undefined ? {} : { snaplenBytes: snaplen }),
    ...(count === undefined ? {} : { maxFrames: count }),
    ...(durationMs === undefined ? {} : { durationMs }),
    ...(bytes === undefined ? {} : { ringBytes: bytes }),
  };
}

function unique(ends: readonly Endpoint[]): readonly Endpoint[] {
  const seen = new Set<string>();
  return ends.filter(({ node, interface: name }) => {
    const text = `${node}:${name}`;
    return !seen.has(text) && seen.add(text);
  });
}
