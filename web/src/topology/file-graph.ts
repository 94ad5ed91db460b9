import type { LabDocument } from "./document.ts";
import { record } from "./record.ts";

export type LinkEnd = { readonly node: string; readonly interface: string | undefined };

export type FileLink = {
  /** Among the file's links, or of a network its name and the member's place. */
  readonly id: string;
  readonly a: LinkEnd;
  readonly b: LinkEnd;
  readonly at: { readonly link: number } | { readonly network: string; readonly member: number };
  /** Its settings beside its ends. */
  readonly settings: Readonly<Record<string, unknown>>;
};

export type FileNode = {
  readonly name: string;
  readonly kind: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** A segment that the file writes as a network. */
  readonly isNetwork: boolean;
};

/** What can be drawn of a lab file; generated parts are not in it. */
export type FileGraph = { readonly nodes: readonly FileNode[]; readonly links: readonly FileLink[] };

export const endOf = (text: string): LinkEnd => {
  const at = text.indexOf(":");
  return at < 0 ? { node: text, interface: undefined } : { node: text.slice(0, at), interface: text.slice(at + 1) };
};

export const endText = ({ node, interface: name }: LinkEnd): string => (name === undefined ? node : `${node}:${name}`);

/** Undefined for a text that is no YAML. */
export function graphIn(document: LabDocument): FileGraph | undefined {
  if (document.errors.length > 0) return undefined;
  const data = record(document.toJS({ maxAliasCount: 1000 }));
  const nodes = Object.entries(record(data["nodes"])).map(([name, value]): FileNode => {
    const settings = record(value);
    const { kind } = settings;
    return { name, kind: typeof kind === "string" ? kind : "host", settings, isNetwork: false };
  });
  const links = (Array.isArray(data["links"]) ? data["links"] : []).flatMap((value: unknown, index): FileLink[] => {
    const ends = endsOf(value);
    if (ends === undefined) return [];
    const { endpoints: _, ...settings } = Array.isArray(value) ? { endpoints: [] } : record(value);
    return [{ id: `link ${index}`, a: ends[0], b: ends[1], at: { link: index }, settings }];
  });
  const known = new Set(nodes.map(({ name }) => name));
  const networks = Object.entries(record(data["networks"])).flatMap(([network, value]) => {
    const { members } = record(value);
    const settings = record(value);
    return (Array.isArray(members) ? members : []).flatMap((member: unknown, index): FileLink[] =>
      typeof member === "string"
        ? [
            {
              id: `${network} ${index}`,
              a: endOf(member),
              b: { node: network, interface: undefined },
              at: { network, member: index },
              settings,
            },
          ]
        : [],
    );
  });
  const segments = Object.entries(record(data["networks"]))
    .filter(([name]) => !known.has(name))
    .map(([name, value]): FileNode => ({ name, kind: "switch", settings: record(value), isNetwork: true }));
  return { nodes: [...nodes, ...segments], links: [...links, ...networks] };
}

function endsOf(value: unknown): readonly [LinkEnd, LinkEnd] | undefined {
  const both =
    typeof value === "string"
      ? value.split(/\s+--\s+/)
      : Array.isArray(value)
        ? value
        : (record(value)["endpoints"] as unknown);
  if (!Array.isArray(both) || both.length !== 2) return undefined;
  const [a, b] = both as readonly unknown[];
  return typeof a === "string" && typeof b === "string" ? [endOf(a), endOf(b)] : undefined;
}

/** A name that is free: the prefix and the first number that nobody has. */
export function freeName(graph: FileGraph, prefix: string): string {
  const taken = new Set(graph.nodes.map(({ name }) => name));
  for (let number = 1; ; number += 1) {
    const name = `${prefix}${number}`;
    if (!taken.has(name)) return name;
  }
}
