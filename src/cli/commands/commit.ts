import { Option } from "commander";
import type { CommandDefinition, Session } from "../command.ts";
import { withExamples } from "../examples.ts";
import { type NameOptions, withLab, withOutput } from "../options.ts";
import { fetchableOf } from "./image.ts";

type CommitOptions = NameOptions & { readonly file?: string; readonly push?: string };

export const commit: CommandDefinition = (program, bind) => {
  const command = program
    .command("commit")
    .summary("Save a changed node as a new image")
    .description(
      "Save what a node has changed as a new image, on top of the one that it is made of and with the same settings. What the lab itself put there (/etc/hosts, /etc/hostname, /etc/resolv.conf, mounts) is left out. The node goes on running: files that it writes at that moment are saved as they are. A container is saved by its engine, among the engine's images.",
    )
    .argument("<node>", "a node with an image")
    .argument("<image>", "name of the new image, such as web:v2")
    .addOption(
      new Option("--push <to>", "send it there as well: a registry, docker-archive:FILE, docker-daemon:NAME:TAG"),
    );
  withOutput(withLab(command));
  withExamples(command, {
    "A snapshot, and a node of it": ["netwright commit web web:configured", "netwright image inspect web:configured"],
    "For others": ["netwright commit web web:v2 --push registry.example.org/team/web:v2"],
  });
  command.action(bind<CommitOptions>(commitCommand));
};

async function commitCommand({ context, output, options }: Session<CommitOptions>, node = "", name = "") {
  const [{ connect }, { commitNode }, { familiarName, imageReferenceText }, { onInterrupt }, { requireOwnName }] =
    await Promise.all([
      import("../choose-lab.ts"),
      import("../../client/commit.ts"),
      import("../../topology/image/reference.ts"),
      import("../interrupt.ts"),
      import("../../client/images.ts"),
    ]);
  const reference = imageReferenceText(requireOwnName(name));
  // A name that is none is told before anything is done.
  const to = options.push === undefined ? undefined : await fetchableOf(context, options.push);
  const client = await connect(context, options);
  using interrupt = onInterrupt(process);
  const { progressOf } = await import("../progress.ts");
  const { phaseOf } = await import("../../client/images.ts");
  const progress = progressOf(context, output);
  try {
    const saved = await commitNode(client, node, reference, {
      ...context,
      madeBy: `netwright commit ${node}`,
      signal: interrupt.signal,
      onProgress: (bytes) => progress.phase(phaseOf(`Save ${node}`, bytes, 0)),
    });
    progress.finish();
    const { copied } = saved;
    const where = copied === undefined ? "engine" : "store";
    for (const { path, reason } of copied?.skipped ?? [])
      output.note(`${output.notePaint("yellow", "Warning:")} ${path} was left out: ${reason}.`);
    if (to !== undefined) {
      const { libraryOf } = await import("./image.ts");
      const { readReference } = await import("../../client/images.ts");
      const library = await libraryOf(context, interrupt.signal);
      const here = readReference(where === "store" ? reference : `docker-daemon:${reference}`);
      if (where === "engine") await library.pull(here);
      await library.push(here, to);
    }
    const pushed = to === undefined ? {} : { pushed: familiarName(imageReferenceText(to)) };
    if (output.json) {
      const image = { name: familiarName(reference), id: saved.image.id, where };
      output.printJson({ image, ...(copied === undefined ? {} : { copied }), ...pushed });
    } else {
      output.print(familiarName(reference));
      if (to !== undefined) output.note(`${familiarName(reference)} is at ${familiarName(imageReferenceText(to))}.`);
    }
    return 0;
  } catch (error) {
    progress.fail();
    if (interrupt.signal.aborted) return interrupt.exitCode();
    throw error;
  }
}
