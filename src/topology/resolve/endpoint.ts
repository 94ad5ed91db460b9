import type { Findings } from "../findings.ts";
import { interfaceNameProblem } from "../name-rules.ts";
import { nearest } from "../nearest.ts";
import type { Path } from "../source/source.ts";
import type { LabDraft, NodeDraft } from "./draft.ts";

/** One end of a link that is not yet plugged in: the interface may be left to choose. */
export type End = { readonly node: NodeDraft; readonly interface: string | undefined; readonly path: Path };

/**
 * Reads `node` or `node:interface`. Undefined after reporting what is wrong, or silently where the
 * node is missing because its own definition is wrong.
 *
 * @param isExpected names that would be nodes if their definitions were right
 */
export function readEnd(
  text: string,
  path: Path,
  draft: LabDraft,
  isExpected: (name: string) => boolean,
  findings: Findings,
): End | undefined {
  const colon = text.indexOf(":");
  const name = (colon < 0 ? text : text.slice(0, colon)).trim();
  const interfaceName = colon < 0 ? undefined : text.slice(colon + 1).trim();
  if (name === "" || interfaceName === "" || /\s/.test(name)) {
    findings.error("ENDPOINT_INVALID", { text }, path);
    return undefined;
  }
  const node = draft.nodes.get(name);
  if (node === undefined) {
    if (isExpected(name)) findings.taint(path);
    else {
      const known = [...draft.nodes.keys()];
      const suggestion = nearest(name, known);
      findings.error(
        "NODE_UNKNOWN",
        { node: name, known, ...(suggestion === undefined ? {} : { nearest: suggestion }) },
        path,
      );
    }
    return undefined;
  }
  if (interfaceName !== undefined) {
    const problem = interfaceNameProblem(interfaceName);
    if (problem !== undefined) {
      findings.error("INTERFACE_NAME_INVALID", { name: interfaceName, problem }, path);
      return undefined;
    }
    if (interfaceName === "lo" && node.kind !== "switch") {
      findings.error("LINK_TO_LOOPBACK", { node: name }, path);
      return undefined;
    }
  }
  return { node, interface: interfaceName, path };
}
