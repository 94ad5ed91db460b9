import type { NodeImage } from "../image/image.ts";
import { imageReferenceText, parseImageReference } from "../image/reference.ts";
import type { Path } from "../source/source.ts";
import { commandOf, pathProblem } from "./command.ts";
import type { Context, Layer, MachineDefinition } from "./settings.ts";

const ofImages = ["pull", "command", "entrypoint", "user", "working-directory"] as const;

/** The image of a machine; undefined for one that runs the programs of this machine. */
export function imageOf(layers: readonly Layer<MachineDefinition>[], context: Context): NodeImage | undefined {
  const { findings } = context;
  const last = <Key extends keyof MachineDefinition>(key: Key) =>
    layers.findLast(({ data }) => data[key] !== undefined);
  const named = last("image");
  const reference = named === undefined ? undefined : referenceOf(named, context);
  if (named === undefined || named.data.image === "host") {
    const containers = last("engine")?.data.engine === "container";
    if (containers) findings.error("CONTAINER_NEEDS_IMAGE", {}, [...(last("engine") as Layer<unknown>).path, "engine"]);
    // What defaults say of images waits for a node that has one.
    for (const { data, path } of named === undefined ? layers : layers.slice(-1)) {
      const key = ofImages.find((one) => data[one] !== undefined);
      if (key !== undefined && !containers) findings.error("IMAGE_SETTING_UNUSED", { key }, [...path, key], "key");
    }
    return undefined;
  }
  const root = last("root");
  if (root?.data.root === "host")
    findings.error("IMAGE_WITH_HOST_ROOT", { image: String(named.data.image) }, rootPlace(root, named));
  const directory = last("working-directory");
  const workingDirectory = directory?.data["working-directory"];
  if (directory !== undefined && workingDirectory !== undefined && workingDirectory !== "/") {
    const problem = pathProblem(workingDirectory);
    if (problem !== undefined)
      findings.error("PATH_INVALID", { path: workingDirectory, what: "The working directory", problem }, [
        ...directory.path,
        "working-directory",
      ]);
  }
  const command = last("command")?.data.command;
  const entrypoint = last("entrypoint")?.data.entrypoint;
  const user = last("user")?.data.user;
  return {
    reference: reference ?? "",
    pull: last("pull")?.data.pull ?? "missing",
    ...(entrypoint === undefined ? {} : { entrypoint: entrypoint.map(String) }),
    ...(command === undefined ? {} : { command: command === "none" ? command : commandOf(command) }),
    ...(user === undefined ? {} : { user: String(user) }),
    ...(workingDirectory === undefined ? {} : { workingDirectory }),
  };
}

const diskPattern = /\.(qcow2|img|iso|vmdk|vdi|raw)$/;

function referenceOf({ data, path }: Layer<MachineDefinition>, { findings, files }: Context): string | undefined {
  const text = String(data.image);
  if (text === "host") return undefined;
  const at = [...path, "image"];
  if (diskPattern.test(text)) {
    const problem = "it looks like the disk of a virtual machine, which is a node of kind: appliance";
    findings.error("IMAGE_REFERENCE_INVALID", { text, problem }, at);
    return undefined;
  }
  const parsed = parseImageReference(text, (given) => files.absolute(given));
  if ("problem" in parsed) {
    findings.error("IMAGE_REFERENCE_INVALID", { text, problem: parsed.problem }, at);
    return undefined;
  }
  if ("path" in parsed) files.locate(parsed.path, "The image", at);
  return imageReferenceText(parsed);
}

/** Whichever of the two was said closer to the node is the one to mend. */
const rootPlace = (root: Layer<unknown>, image: Layer<unknown>): Path =>
  root.path.length >= image.path.length ? [...root.path, "root"] : [...image.path, "image"];
