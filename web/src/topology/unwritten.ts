import type { LabLinkChanges } from "../../../src/api/index.ts";
import { printDocument, readDocument } from "./document.ts";
import { addLink } from "./edits.ts";
import { endOf } from "./file-graph.ts";

/** A lab file with the links that came while its lab ran, so that applying it does not take them away. */
export function withLinks(text: string, added: LabLinkChanges["added"]): string {
  const document = readDocument(text);
  if (added.length === 0 || document.errors.length > 0) return text;
  for (const { endpoints, ...settings } of added) {
    const [a = "", b = ""] = endpoints;
    addLink(document, endOf(a), endOf(b), settings);
  }
  return printDocument(document);
}

/** What is said of links that the text of a lab does not know; undefined where it knows all. */
export function changesText({ added, removed }: LabLinkChanges): string | undefined {
  const parts = [
    ...(added.length === 0
      ? []
      : [
          `Added while the lab ran, and put into this text: ${added.map(({ endpoints }) => endpoints.join(" — ")).join(", ")}.`,
        ]),
    ...(removed.length === 0
      ? []
      : [`Removed while the lab ran, and brought back by this text: ${removed.join(", ")}.`]),
  ];
  return parts.length === 0 ? undefined : parts.join(" ");
}
