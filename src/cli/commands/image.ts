import { resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { ImageLibrary } from "../../client/image-library.ts";
import type { ServerAccess } from "../../client/server.ts";
import type { ImageReference } from "../../topology/image/reference.ts";
import type { CommandDefinition, Session } from "../command.ts";
import type { Context } from "../context.ts";
import { withExamples } from "../examples.ts";
import { megabytes } from "../image-table.ts";
import { withOutput } from "../options.ts";

type TimeoutOptions = { readonly timeout?: number };
type PruneOptions = { readonly all?: boolean };

export const image: CommandDefinition = (program, bind) => {
  const command = program
    .command("image")
    .summary("List, fetch, build, push and remove images")
    .description(
      "Work with the images that nodes are made of. They are kept by content in your cache, and unpacked once. Fetching and pushing is done by skopeo, with the credentials of `skopeo login`, `podman login` or `docker login`. Where a context of a server is in use, `ls`, `pull` and `rm` mean its images; the others mean those of this machine.",
    );

  const ls = command
    .command("ls")
    .summary("List images")
    .description("List the images of this machine, and the labs that use them.");
  withOutput(ls);
  withExamples(ls, { "Names alone": ["netwright image ls --json | jq -r '.images[].name'"] });
  ls.action(bind<object>(list));

  const pull = command
    .command("pull")
    .summary("Fetch images and unpack them")
    .description(
      "Ask the source for an image, also where one of that name is here already, check what is here of it, and unpack it. A fetch that was interrupted goes on where it was; two at once share the work.",
    )
    .argument("<image...>", "such as debian:12, docker-daemon:web:1 or docker-archive:web.tar");
  withTimeout(pull);
  withOutput(pull);
  withExamples(pull, {
    "From a registry": ["netwright image pull debian:12"],
    "Of the Docker daemon": ["netwright image pull docker-daemon:web:1"],
  });
  pull.action(bind<TimeoutOptions>(pullImages));

  const build = command
    .command("build")
    .summary("Make an image as a recipe says")
    .description(
      "Make an image as a recipe says: Debian packages, from where this machine's apt has them, or another image, and on top of it packages, files and commands. The same packages make the same image, byte for byte; SOURCE_DATE_EPOCH dates it. Needs mmdebstrap for Debian alone, and subordinate ids or root for packages.",
    )
    .argument("<recipe>", "a file in YAML")
    .argument("[name]", "name of the image; default: the name in the recipe, or that of the file");
  withOutput(build);
  withExamples(build, {
    "By its own name": ["netwright image build images/dns-server.yaml"],
    "By another": ["netwright image build probe.yaml team/probe:v2"],
  });
  build.action(bind<object>(buildFromRecipe));

  const push = command
    .command("push")
    .summary("Send an image to a registry, or into a file")
    .description(
      "Send an image of this machine to the registry that its name says, or to another place: a registry, an archive (docker-archive:FILE), a folder (oci:FOLDER:TAG), the Docker daemon (docker-daemon:NAME:TAG).",
    )
    .argument("<image>", "an image of this machine")
    .argument("[to]", "where to; default: the registry in its name");
  withTimeout(push);
  withOutput(push);
  withExamples(push, {
    "To a registry of your own": ["netwright image push web:v1 registry.example.org/team/web:v1"],
    "Into a file": ["netwright image push web:v1 docker-archive:web.tar"],
  });
  push.action(bind<TimeoutOptions>(pushImage));

  const rm = command
    .command("rm")
    .summary("Remove images")
    .description("Remove names, and what no other name leads to. An image that a running lab uses stays.")
    .argument("<image...>", "the images");
  withOutput(rm);
  withExamples(rm, { "One image": ["netwright image rm debian:12"] });
  rm.action(bind<object>(removeImages));

  const prune = command
    .command("prune")
    .summary("Remove what no image needs")
    .description(
      "Remove blobs and layers that no name leads to, downloaded Debian packages, and what interrupted commands left half-way.",
    )
    .option("-a, --all", "remove every image, too, that no running lab uses");
  withOutput(prune);
  withExamples(prune, { "Start afresh": ["netwright image prune --all"] });
  prune.action(bind<PruneOptions>(pruneImages));

  const inspect = command
    .command("inspect")
    .summary("Print all that is known of an image")
    .description("Print all that is known of an image of this machine: digests, layers, configuration, history.")
    .argument("<image>", "the image");
  withOutput(inspect);
  withExamples(inspect, { "Its environment": ["netwright image inspect --json debian:12 | jq .config.config.Env"] });
  inspect.action(bind<object>(inspectImage));
};

const withTimeout = (command: Command): Command =>
  command.addOption(
    new Option("--timeout <duration>", "how long nothing may come or go before it fails; default: 60s").argParser(
      timeout,
    ),
  );

function timeout(text: string): number {
  const match = /^(\d{1,6})(ms|s|m)$/.exec(text);
  if (match === null || Number(match[1]) === 0) throw new InvalidArgumentError("Write it with its unit, such as 90s.");
  return Number(match[1]) * { ms: 1, s: 1_000, m: 60_000 }[match[2] as "ms" | "s" | "m"];
}

export async function libraryOf(context: Context, signal?: AbortSignal): Promise<ImageLibrary> {
  const { ImageLibrary: Library } = await import("../../client/image-library.ts");
  return new Library({ ...context, ...(signal === undefined ? {} : { signal }) });
}

export async function referenceOf(context: Context, text: string): Promise<ImageReference> {
  const { readReference } = await import("../../client/images.ts");
  return readReference(text, (path) => resolve(context.directory, path));
}

/** What can be fetched and sent: a folder that is a root file system is used where it is. */
export async function fetchableOf(
  context: Context,
  text: string,
): Promise<Exclude<ImageReference, { from: "rootfs" }>> {
  const reference = await referenceOf(context, text);
  if (reference.from !== "rootfs") return reference;
  const { labError } = await import("../../topology/errors/error.ts");
  throw labError("IMAGE_NAME_INVALID", { text, problem: "a root file system is used where it is, and not copied" });
}

const timingOf = ({ timeout: silenceMs }: TimeoutOptions) => (silenceMs === undefined ? {} : { silenceMs });

async function list(session: Session<object>): Promise<undefined> {
  const { context, output } = session;
  const server = await serverOf(context);
  if (server !== undefined) {
    const { listImagesOnServer } = await import("../server-images.ts");
    await listImagesOnServer(session, server);
    return;
  }
  const images = await (await libraryOf(context)).list();
  if (output.json) {
    output.printJson({ images });
    return;
  }
  const { imageTable } = await import("../image-table.ts");
  output.print(...imageTable(images, output.paint));
  if (images.length === 0) output.note("There are no images yet. Fetch one with: netwright image pull debian:12");
}

const serverOf = async (context: Context): Promise<ServerAccess | undefined> => {
  const { serverInUse } = await import("../contexts.ts");
  return serverInUse(context);
};

/** What is made, sent and looked into is of this machine, whatever the context: a server has no part in it. */
const noteHere = async (session: Session<object>): Promise<void> => {
  const { noteOfThisMachine } = await import("../contexts.ts");
  noteOfThisMachine(session, "These are images of this machine. Those of the server: netwright image ls, pull and rm");
};

async function pullImages(session: Session<TimeoutOptions>, ...names: readonly string[]) {
  const { context, output, options } = session;
  const server = await serverOf(context);
  if (server !== undefined) {
    const { pullImagesOnServer } = await import("../server-images.ts");
    await pullImagesOnServer(session, server, names.flat());
    return 0;
  }
  const { progressOf } = await import("../progress.ts");
  const { onInterrupt } = await import("../interrupt.ts");
  const { phaseOf } = await import("../../client/images.ts");
  const { familiarName, imageReferenceText } = await import("../../topology/image/reference.ts");
  using interrupt = onInterrupt(process);
  const library = await libraryOf(context, interrupt.signal);
  const pulled = [];
  for (const name of names.flat()) {
    const reference = await fetchableOf(context, name);
    const shown = familiarName(imageReferenceText(reference));
    const progress = progressOf(context, output);
    try {
      const { id } = await library.pull(reference, {
        ...timingOf(options),
        onProgress: ({ doing, done, total }) =>
          progress.phase(phaseOf(`${doing === "fetch" ? "Fetch" : "Unpack"} ${shown}`, done, total)),
      });
      progress.finish();
      pulled.push({ name: shown, id });
      if (!output.json) output.print(shown);
    } catch (error) {
      progress.fail();
      if (interrupt.signal.aborted) return interrupt.exitCode();
      throw error;
    }
  }
  if (output.json) output.printJson({ images: pulled });
  return 0;
}

async function buildFromRecipe(session: Session<object>, file = "", given?: string): Promise<number> {
  const { context, output } = session;
  await noteHere(session);
  const [{ progressOf }, { onInterrupt }, { readRecipe }, { buildImage }, { requireOwnName }, names] =
    await Promise.all([
      import("../progress.ts"),
      import("../interrupt.ts"),
      import("../../client/build/read-recipe.ts"),
      import("../../client/build/build.ts"),
      import("../../client/images.ts"),
      import("../../topology/image/reference.ts"),
    ]);
  const { recipe, name } = readRecipe(context.directory, file);
  const reference = names.imageReferenceText(requireOwnName(given ?? name));
  const epoch = context.environment["SOURCE_DATE_EPOCH"];
  using interrupt = onInterrupt(process);
  const progress = progressOf(context, output);
  try {
    const image = await buildImage(recipe, reference, {
      ...context,
      signal: interrupt.signal,
      onPhase: (phase) => progress.phase(phase),
      ...(epoch !== undefined && /^\d{1,11}$/.test(epoch) ? { seconds: Number(epoch) } : {}),
    });
    progress.finish();
    const report = { name: names.familiarName(reference), id: image.id, manifest: image.manifestDigest };
    if (output.json) output.printJson({ image: report });
    else output.print(report.name);
    return 0;
  } catch (error) {
    progress.fail();
    if (interrupt.signal.aborted) return interrupt.exitCode();
    throw error;
  }
}

async function pushImage(session: Session<TimeoutOptions>, name = "", to?: string) {
  const { context, output, options } = session;
  await noteHere(session);
  const { onInterrupt } = await import("../interrupt.ts");
  const { familiarName, imageReferenceText } = await import("../../topology/image/reference.ts");
  using interrupt = onInterrupt(process);
  const library = await libraryOf(context, interrupt.signal);
  const reference = await fetchableOf(context, name);
  const target = to === undefined ? reference : await fetchableOf(context, to);
  try {
    await library.push(reference, target, options.timeout);
  } catch (error) {
    if (interrupt.signal.aborted) return interrupt.exitCode();
    throw error;
  }
  const shown = familiarName(imageReferenceText(target));
  if (output.json) output.printJson({ image: familiarName(imageReferenceText(reference)), to: shown });
  else output.note(`${familiarName(imageReferenceText(reference))} is at ${shown}.`);
  return 0;
}

async function removeImages(session: Session<object>, ...names: readonly string[]): Promise<undefined> {
  const { context, output } = session;
  const server = await serverOf(context);
  if (server !== undefined) {
    const { removeImagesOnServer } = await import("../server-images.ts");
    await removeImagesOnServer(session, server, names.flat());
    return;
  }
  const library = await libraryOf(context);
  const references = await Promise.all(names.flat().map((name) => referenceOf(context, name)));
  const swept = await library.remove(references);
  if (output.json) output.printJson(swept);
  else output.note(`Removed ${names.flat().join(", ")} (${megabytes(swept.bytes)}).`);
}

async function pruneImages(session: Session<PruneOptions>): Promise<undefined> {
  const { context, output, options } = session;
  await noteHere(session);
  const swept = await (await libraryOf(context)).prune(options.all ?? false);
  if (output.json) {
    output.printJson(swept);
    return;
  }
  for (const name of swept.names) output.print(`Removed ${name}`);
  output.note(
    swept.blobs + swept.layers + swept.names.length === 0
      ? "There was nothing to remove."
      : `Removed ${swept.blobs} blobs and ${swept.layers} unpacked layers (${megabytes(swept.bytes)}).`,
  );
}

async function inspectImage(session: Session<object>, name = ""): Promise<undefined> {
  const { context, output } = session;
  await noteHere(session);
  const library = await libraryOf(context);
  const { reference, manifestDigest, id, config, layers, record } = await library.image(
    await referenceOf(context, name),
  );
  const report = {
    reference,
    id,
    manifest: manifestDigest,
    at: record.at,
    layers: layers.map(({ blob, diffId }) => ({ digest: blob.digest, bytes: blob.size, diffId })),
    config,
  };
  if (output.json) {
    output.printJson(report);
    return;
  }
  const { stringify } = await import("../yaml.ts");
  output.print(stringify(report, { lineWidth: 0 }).trimEnd());
}
