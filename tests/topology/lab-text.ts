import { LabFileError, type NetwrightError } from "../../src/topology/errors/error.ts";
import { type LoadedLab, type LoadOptions, loadLab, type SourceReader } from "../../src/topology/load.ts";
import { type ApplianceNode, type Lab, type ProgramNode, runsPrograms } from "../../src/topology/model.ts";

/** Files in memory, by full path. A path that ends in a slash is a folder. */
export function memory(files: Readonly<Record<string, string | Uint8Array>> = {}): SourceReader {
  const contentOf = (path: string) => {
    const content = files[path];
    if (content === undefined) throw new Error(`${path} was read and is not there`);
    return content;
  };
  return {
    readText: (path) => Buffer.from(contentOf(path)).toString(),
    readBytes: (path) => Buffer.from(contentOf(path)),
    stat: (path) => (path in files ? "file" : `${path}/` in files ? "directory" : undefined),
  };
}

type Options = Partial<Omit<LoadOptions, "reader">> & {
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
};

export function loaded(text: string, { files = {}, ...options }: Options = {}): LoadedLab {
  return loadLab(text, { file: "/labs/demo/lab.yaml", shownAs: "lab.yaml", reader: memory(files), ...options });
}

export const load = (text: string, options: Options = {}): Lab => loaded(text, options).lab;

/** The errors of a file that must not load. */
export function errorsOf(text: string, options: Options = {}): readonly NetwrightError[] {
  try {
    loaded(text, options);
  } catch (error) {
    if (error instanceof LabFileError) return error.errors;
    throw error;
  }
  throw new Error("The file loaded without an error.");
}

export const codesOf = (text: string, options: Options = {}): readonly string[] =>
  errorsOf(text, options).map(({ code }) => code);

export const warningsOf = (text: string, options: Options = {}): readonly string[] =>
  loaded(text, options).warnings.map(({ code }) => code);

export function machine(lab: Lab, name: string): ProgramNode {
  const node = lab.nodes.find((one) => one.name === name);
  if (node === undefined || !runsPrograms(node)) throw new Error(`${name} is no host or router of the lab`);
  return node;
}

export function appliance(lab: Lab, name: string): ApplianceNode {
  const node = lab.nodes.find((one) => one.name === name);
  if (node?.kind !== "appliance") throw new Error(`${name} is no appliance of the lab`);
  return node;
}

/** `h1:eth0 10.0.0.1/24 …` of every interface, as few words as possible for comparison. */
export const addressesOf = (lab: Lab): readonly string[] =>
  lab.nodes.flatMap((node) => node.interfaces.map((one) => [`${node.name}:${one.name}`, ...one.addresses].join(" ")));

export const linksOf = (lab: Lab): readonly string[] => lab.links.map(({ id }) => id);
