import { labError, type ProgramNode, type Role } from "../topology/index.ts";
import type { HostFacts, Preparation } from "./kind.ts";

const programFolders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/**
 * What a node of a kind that is data has and runs.
 *
 * @throws PROGRAM_MISSING when one is not installed that the node runs from the host, or from the image of its container
 */
export function prepareRole(node: ProgramNode, { kind, software }: Role, facts: HostFacts): Preparation {
  const { programs, directories, files, services, setup } = software;
  const folders = facts.programFolders ?? programFolders;
  const isLookedFor = node.image === undefined || node.engine === "container";
  const missing = isLookedFor
    ? programs.find(({ name }) => !folders.some((folder) => facts.exists(`${folder}/${name}`)))
    : undefined;
  if (missing !== undefined) {
    throw labError("PROGRAM_MISSING", {
      program: missing.name,
      needed: `${node.name} is of kind ${kind}`,
      mend:
        node.image === undefined
          ? `Install it: sudo apt-get install ${missing.package}`
          : missingInImage(node.image.reference, `Debian's package ${missing.package}`),
    });
  }
  const ofUser = <Item extends { readonly owner?: string }>(item: Item): Item => {
    if (facts.hasUsers || item.owner === undefined) return item;
    const { owner: _, ...rest } = item;
    return rest as Item;
  };
  return { directories: directories.map(ofUser), files: files.map(ofUser), services, setup };
}

/** @param what Debian's package, or the program */
export const missingInImage = (image: string, what: string): string =>
  `It is not in ${image}: name an image that has it (${what}).`;

/** The node with another text in the file that its configuration is. */
export function withConfig<Node extends ProgramNode>(node: Node, text: string): Node {
  const config = node.role?.software.config;
  if (node.role === undefined || config === undefined) return node;
  const { software } = node.role;
  const former = software.files.find(({ path }) => path === config.path);
  const changed = {
    ...former,
    path: config.path,
    mode: former?.mode ?? 0o644,
    contentBase64: Buffer.from(text).toString("base64"),
  };
  const others = software.files.filter(({ path }) => path !== config.path);
  return { ...node, role: { ...node.role, software: { ...software, files: [...others, changed] } } };
}
