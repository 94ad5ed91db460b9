import { type BgpRouter, BgpStatements } from "./bgp-statements.ts";
import { isOspfSetting } from "./ospf.ts";

/** A statement that FRR reads when it starts, and the section it is in, where that is known. */
export type FixedStatement = { readonly section: string; readonly line: string };

/** An integrated configuration as far as it matters to what a running FRR takes over. */
export type FrrStatements = {
  /** Settings of OSPF on each interface, in their order. */
  readonly interfaces: ReadonlyMap<string, readonly string[]>;
  /** By the line that begins it: `router bgp 65001`. */
  readonly bgp: ReadonlyMap<string, BgpRouter>;
  /** Static routes of the whole router, as they are said. */
  readonly routes: readonly string[];
  /** What must be the same for FRR to run on. */
  readonly fixed: readonly FixedStatement[];
};

/** Where a statement belongs to that is below a header. */
type Section = { readonly of: "interface"; readonly name: string } | { readonly of: "bgp"; readonly header: string };

/**
 * The statements of a frr.conf by what becomes of them when they change. A line whose place is in doubt is fixed.
 *
 * FRR itself looks for a command in the section it is in and then further out, whatever the indentation; so a section
 * ends here with the first line that is not surely of it.
 */
export function frrStatements(config: string): FrrStatements {
  const interfaces = new Map<string, string[]>();
  const bgp = new Map<string, BgpStatements>();
  const routes: string[] = [];
  // A section of a VRF has static routes of its own, and needs no indentation.
  const staticRoute = /^\s*vrf\b/m.test(config) ? /^$/ : /^(?:ip|ipv6) route \S/;
  const fixed: FixedStatement[] = [];
  const protocols = new Set<string>();
  let section: Section | undefined;
  for (const raw of config.split("\n")) {
    const line = raw.trim().replaceAll(/\s+/g, " ");
    // `!` and `#` begin comments, and change nothing of where a line belongs.
    if (line === "" || /^[!#]/.test(line)) continue;
    const [, name] = /^interface (.+)$/.exec(line) ?? [];
    if (name !== undefined) {
      section = { of: "interface", name };
      continue;
    }
    if (/^router bgp\b/.test(line)) {
      section = { of: "bgp", header: line };
      if (!bgp.has(line)) fixed.push({ section: "", line });
      const router = bgp.get(line) ?? new BgpStatements();
      bgp.set(line, router);
      router.begin();
      continue;
    }
    const isIndented = /^\s/.test(raw);
    if (section?.of === "bgp") {
      const read = bgp.get(section.header)?.read(line, isIndented);
      if (read !== "kept") section = undefined;
      if (read !== "left") continue;
    }
    if (section?.of === "interface") {
      const { name: own } = section;
      if (line === "exit" || line === "end") {
        section = undefined;
        continue;
      }
      if (isOspfSetting(line)) {
        interfaces.set(own, [...(interfaces.get(own) ?? []), line]);
        // A daemon that runs for nothing else would have to be started, or stopped.
        protocols.add(line.startsWith("ipv6") ? "ospf6" : "ospf");
        continue;
      }
      if (isIndented) {
        fixed.push({ section: `interface ${own}`, line });
        continue;
      }
      section = undefined;
    }
    if (!isIndented && staticRoute.test(line)) routes.push(line);
    else fixed.push({ section: "", line });
  }
  for (const [header, router] of bgp) fixed.push(...router.fixed.map((line) => ({ section: header, line })));
  for (const protocol of protocols) {
    const alone = !fixed.some(({ line }) => line === `router ${protocol}`);
    if (alone) fixed.push({ section: "", line: `${protocol} of interfaces, without router ${protocol}` });
  }
  return { interfaces, bgp, routes, fixed };
}
