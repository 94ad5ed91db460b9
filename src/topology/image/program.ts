import { type Lab, type NodeName, type Process, type ProgramNode, runsPrograms } from "../model.ts";
import type { ImageContent, NodeImage } from "./image.ts";

/**
 * A lab with what its images were found to be. The program of an image becomes a process with the name
 * of its node, unless the lab file has a process of that name on the node, which then stands in for it.
 *
 * @param contents by node; a node that is not there stays as it is, without a program
 */
export function withImages(lab: Lab, contents: ReadonlyMap<NodeName, ImageContent>): Lab {
  const own = new Set(lab.processes.filter(({ ofImage }) => !ofImage).map(({ name }) => name));
  const nodes = lab.nodes.map((node) => {
    const content = contents.get(node.name);
    if (content === undefined || !runsPrograms(node) || node.image === undefined) return node;
    return { ...node, image: { ...node.image, content } };
  });
  const programs = nodes.flatMap((node) => (runsPrograms(node) && !own.has(node.name) ? (programOf(node) ?? []) : []));
  return { ...lab, nodes, processes: [...lab.processes.filter(({ ofImage }) => !ofImage), ...programs] };
}

/** How long a program of an image may take to stop, as with Docker. */
const graceMs = 10_000;

/** The program of a node's image; undefined where there is none to run, or what the image is has not been found out. */
export function programOf(node: ProgramNode): Process | undefined {
  const { image } = node;
  if (image?.content === undefined || node.engine !== "namespace" || image.command === "none") return undefined;
  const { config } = image.content;
  const argv = programArguments(image);
  // Nobody types into it: a shell alone would end at once.
  const isChosen = image.command !== undefined || image.entrypoint !== undefined;
  if (argv.length === 0 || (!isChosen && isShell(argv))) return undefined;
  const user = image.user ?? config.user;
  return {
    name: node.name,
    node: node.name,
    command: { argv },
    environment: {},
    directory: image.workingDirectory ?? config.workingDirectory,
    ...(user === "" ? {} : { user }),
    after: [],
    restart: "no",
    tags: [],
    stopSignal: config.stopSignal,
    graceMs,
    ofImage: true,
  };
}

/** Entry point and command, each the node's own or the image's (docker-run(1), --entrypoint). */
function programArguments({ entrypoint, command, content }: NodeImage): readonly string[] {
  const config = content?.config;
  const first = entrypoint ?? config?.entrypoint ?? [];
  if (command === "none") return [];
  if (command !== undefined) return [...first, ...("shell" in command ? ["sh", "-c", command.shell] : command.argv)];
  return [...first, ...(entrypoint === undefined ? (config?.command ?? []) : [])];
}

const shells = new Set(["sh", "bash", "ash", "dash", "ksh", "zsh", "fish"]);

/** Whether it is a shell that waits for someone to type: no script, no -c. */
function isShell([program = "", ...rest]: readonly string[]): boolean {
  const isOne = shells.has(program.slice(program.lastIndexOf("/") + 1));
  return isOne && rest.every((word) => /^(-[il]+|--login|--interactive)$/.test(word));
}
