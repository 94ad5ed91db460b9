import type { Reading } from "../api/index.ts";
import { graphReport } from "../topology/graph/json.ts";
import { isAppliance, type Lab, LabFileError, labError, NetwrightError, runsPrograms } from "../topology/index.ts";
import { type LoadedLab, loadLab } from "../topology/load.ts";

/** What a lab file of a server may be. `team`: of people who may have nothing of the server's but labs. `own`: of who runs it. */
export type Trust = "team" | "own";

/** No file of the server is there for those who write its labs. */
const nothing = { readText: () => "", readBytes: () => Buffer.alloc(0), stat: () => undefined };

export type ReadOptions = {
  readonly name: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly trust: Trust;
};

/** What reading a lab file finds, for those who write one. */
export function readingOf(text: string, options: ReadOptions): Reading {
  try {
    const { lab, warnings } = readLabText(text, options);
    const { nodes, links } = graphReport(lab);
    return {
      findings: warnings.map((warning) => ({ ...reportOf(warning), severity: "warning" })),
      lab: {
        nodes: nodes.map(({ interfaces, ...node }) => ({
          ...node,
          interfaces: interfaces.map(({ addresses, ...rest }) => ({ ...rest, addresses: [...addresses] })),
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
export function readLabText(text: string, options: ReadOptions): LoadedLab {
  const { name, variables, trust } = options;
  const loaded = loadLab(text, { file: "/lab.yaml", shownAs: "lab.yaml", name, set: variables, reader: nothing });
  if (trust === "team") requireHarmless(loaded.lab);
  return loaded;
}

function requireHarmless(lab: Lab): void {
  const refused = lab.nodes.flatMap((node) => {
    const forbid = (what: string) => labError("LAB_FORBIDDEN_HERE", { node: node.name, what });
    if (isAppliance(node)) return [forbid("is a virtual machine with files of the server")];
    if (!runsPrograms(node)) return [];
    return [
      ...(node.mounts.length > 0 ? [forbid("mounts folders of the server")] : []),
      ...(node.engine === "container" ? [forbid("is a container of an engine that all of the server share")] : []),
      ...((node.reach?.hostPorts.length ?? 0) > 0 ? [forbid("reaches ports of the server (allow-host)")] : []),
    ];
  });
  if (refused.length > 0) throw new LabFileError(refused);
}
