import { resolve } from "node:path";
import type { Reading } from "../api/index.ts";
import { readLabText as readFromDisk } from "../client/lab-file.ts";
import { graphReport } from "../topology/graph/json.ts";
import { LabFileError, NetwrightError } from "../topology/index.ts";
import { type LoadedLab, loadLab, type SourceReader } from "../topology/load.ts";
import { isAppliance, isSwitch, type LabNode, runsPrograms } from "../topology/model.ts";
import { forbiddenIn, type TeamRules, vmImagePath, withServerThings } from "./policy/rules.ts";

/** What a lab file of a server may be. `team`: of people who may have nothing of the server's but labs. `own`: of who runs it. */
export type Trust = "team" | "own";

/** No file of the server is there for those who write its labs, but images of machines by name, which are not read. */
function readerOf(rules: TeamRules): SourceReader {
  const refuse = (path: string): never => {
    throw new Error(`${path} is an image of virtual machines, and no text`);
  };
  const known = new Set([...rules.server.vmImages.keys()].map(vmImagePath));
  return { readText: refuse, readBytes: refuse, stat: (path) => (known.has(path) ? "file" : undefined) };
}

export type ReadOptions = {
  readonly name: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly trust: Trust;
  /** Where `trust` is `team`. */
  readonly rules: TeamRules;
  /** Of one's own labs: the lab file that paths start at, absolute; drawn ones', where the server runs. */
  readonly file?: string | null;
};

/** What reading a lab file finds, for those who write one. */
export async function readingOf(text: string, options: ReadOptions): Promise<Reading> {
  try {
    const { lab, warnings } = await readLabText(text, options);
    const { nodes, links } = graphReport(lab);
    return {
      findings: warnings.map((warning) => ({ ...reportOf(warning), severity: "warning" })),
      lab: {
        nodes: nodes.map(({ interfaces, ...node }, index) => ({
          ...node,
          interfaces: interfaces.map(({ addresses, ...rest }) => ({ ...rest, addresses: [...addresses] })),
          defaultRoute: defaultRouteOf(lab.nodes[index]),
        })),
        links: links.map(({ id, a, b, mtu }) => ({ id, a: { ...a }, b: { ...b }, mtu })),
      },
    };
  } catch (error) {
    if (error instanceof NetwrightError) return { findings: [{ ...reportOf(error), severity: "error" }] };
    if (!(error instanceof LabFileError)) throw error;
    return { findings: error.errors.map((one) => ({ ...reportOf(one), severity: "error" })) };
  }
}

/** Of an appliance, what cloud-init is told by interfaces and routes. */
function defaultRouteOf(node: LabNode | undefined): "given" | "open" | "none" {
  if (node === undefined || isSwitch(node)) return "none";
  if (isAppliance(node) && (node.vm.seed === undefined || node.vm.seed.networkConfig !== undefined)) return "none";
  const isReached = runsPrograms(node) && node.reach?.internet === true;
  const isGiven = node.routes.some(({ to }) => to === "0.0.0.0/0") || node.interfaces.some(({ dhcp }) => dhcp);
  return isGiven || isReached ? "given" : "open";
}

const reportOf = (error: NetwrightError) => {
  const { causes, ...report } = error.toReport();
  return { ...report, ...(causes === undefined ? {} : { causes }) };
};

/**
 * Reads the text of a lab file that somebody sent.
 *
 * @param name of the lab when it runs
 * @throws LabFileError with every mistake in it; of people of a team, also what reaches for the server
 */
export async function readLabText(text: string, options: ReadOptions): Promise<LoadedLab> {
  const { name, variables, trust } = options;
  if (trust === "own") {
    const file = options.file ?? resolve("lab.yaml");
    return readFromDisk(text, { file, shownAs: options.file ?? "lab.yaml", name, set: variables });
  }
  const { rules } = options;
  const reader = readerOf(rules);
  const loaded = loadLab(text, { file: "/lab.yaml", shownAs: "lab.yaml", name, set: variables, reader });
  const [first, ...others] = forbiddenIn(loaded.lab, rules);
  if (first !== undefined) throw new LabFileError([first, ...others]);
  return { ...loaded, lab: withServerThings(loaded.lab, rules) };
}
