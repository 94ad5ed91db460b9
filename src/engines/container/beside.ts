import type { Namespace } from "../../kernel/index.ts";
import { launch } from "../namespace/launch.ts";
import type { Program, ProgramRequest } from "../program.ts";

/**
 * Runs a program of this machine in the network of a container and nowhere else of it: what the container
 * needs whatever is in its image. It ends with the lab.
 *
 * @throws COMMAND_NOT_STARTED
 */
export const runBeside = (node: string, netns: Namespace, request: ProgramRequest): Promise<Program> =>
  launch(request, { node, namespaces: [netns], environment: {}, limits: {}, home: "/" });
