import { labError } from "../errors/error.ts";
import { findLink } from "../find-link.ts";
import { findNode } from "../find-node.ts";
import { type Endpoint, endpointText, isMachine, type Lab } from "../model.ts";
import { nearest } from "../nearest.ts";

type Places = Pick<Lab, "name" | "nodes" | "links">;

/**
 * The interfaces that targets of a capture mean, each once, in order.
 *
 * @param targets each an interface (`h1:eth0`), or a link, which means both its ends: two of its nodes or
 * interfaces (`h1 r1`, `h1 -- r1:eth0`), or its id
 * @throws CAPTURE_TARGET_INVALID, CAPTURE_LOOPBACK, NODE_NOT_FOUND, CAPTURE_INTERFACE_UNKNOWN, LINK_NOT_FOUND, LINK_AMBIGUOUS
 */
export function captureInterfaces(lab: Places, targets: readonly string[]): readonly Endpoint[] {
  const found = new Map<string, Endpoint>();
  for (const target of targets) for (const end of endsOf(lab, target.trim())) found.set(endpointText(end), { ...end });
  return [...found.values()];
}

/**
 * Words of a command line as targets: two that name no interface follow each other, and name a link.
 *
 * @param words e.g. `["h1:eth0", "r1", "r2"]`
 * @returns e.g. `["h1:eth0", "r1 r2"]`
 * @throws CAPTURE_TARGET_INVALID
 */
export function groupTargets(words: readonly string[]): readonly string[] {
  const targets: string[] = [];
  let first: string | undefined;
  for (const word of words) {
    if (first !== undefined && !/[\s:]/.test(word)) {
      targets.push(`${first} ${word}`);
      first = undefined;
    } else if (first !== undefined) throw labError("CAPTURE_TARGET_INVALID", { text: first });
    else if (/[\s:]/.test(word)) targets.push(word);
    else first = word;
  }
  if (first !== undefined) throw labError("CAPTURE_TARGET_INVALID", { text: first });
  return targets;
}

function endsOf(lab: Places, text: string): readonly Endpoint[] {
  if (/\s/.test(text)) {
    const id = findLink(lab.name, lab.links, [text]);
    return lab.links.flatMap((link) => (link.id === id ? [link.a, link.b] : []));
  }
  const [name = "", port = "", ...rest] = text.split(":");
  if (name === "" || port === "" || rest.length > 0) throw labError("CAPTURE_TARGET_INVALID", { text });
  const node = findNode(lab.name, lab.nodes, name);
  if (port === "lo" && isMachine(node)) throw labError("CAPTURE_LOOPBACK", { node: name });
  const known = node.interfaces.map((one) => one.name).filter((one) => one !== "lo");
  if (known.includes(port)) return [{ node: name, interface: port }];
  const suggestion = nearest(port, known);
  const details = { node: name, interface: port, known };
  throw labError("CAPTURE_INTERFACE_UNKNOWN", suggestion === undefined ? details : { ...details, nearest: suggestion });
}
