import type { CommandDefinition, Session } from "../command.ts";
import { withExamples } from "../examples.ts";
import { type NameOptions, withLab, withOutput } from "../options.ts";

type NodeOptions = NameOptions & { readonly file?: string };

const verbs = {
  stop: {
    summary: "Take a node's power away",
    description:
      "Take a node's power away: its processes get their stop signal and grace period, a virtual machine's power button is pressed, then everything on it ends and its links lose carrier. Its interfaces and addresses stay for the next start.",
    done: "is off",
  },
  start: {
    summary: "Give a node power again",
    description:
      "Give a node that is off or failed power again: its links get carrier, then its services, startup commands and processes start, with a file system as new. A paused node goes on; one that runs is left alone.",
    done: "runs",
  },
  restart: {
    summary: "Stop a node and start it",
    description: "Stop a node and start it again, as `node stop` and `node start` do.",
    done: "runs",
  },
  kill: {
    summary: "Take a node's power away at once",
    description: "Take a node's power away without asking its programs to end: as when it loses its supply.",
    done: "is off",
  },
  pause: {
    summary: "Make every program of a node stand still",
    description:
      "Stop every program of a node with SIGSTOP. Its kernel goes on: it answers pings, and connections stay. Of a virtual machine, stop the processors.",
    done: "stands still",
  },
  resume: {
    summary: "Let a paused node go on",
    description:
      "Let every program of a paused node go on with SIGCONT; the processors of a virtual machine, also for the first time where its lab file says start: paused.",
    done: "goes on",
  },
  reset: {
    summary: "Press a virtual machine's reset button",
    description: "Press the reset button of a virtual machine: it boots anew, its disks as they are.",
    done: "was reset",
  },
} as const;

const snapshots = {
  snapshot: {
    action: "save",
    summary: "Keep what a virtual machine is now",
    description:
      "Keep the disks and the memory of a virtual machine under a name, until it is removed from the lab or the lab goes down. It stands still meanwhile.",
    done: "is kept as",
  },
  restore: {
    action: "restore",
    summary: "Put a virtual machine back to what it was",
    description: "Put the disks and the memory of a virtual machine back to what they were when the snapshot was made.",
    done: "is again as in",
  },
} as const;

export const node: CommandDefinition = (program, bind) => {
  const command = program
    .command("node")
    .summary("Stop, start, restart, kill, pause, resume, reset, snapshot and restore nodes")
    .description(
      "Do to a node of a running lab what can be done to a machine: take its power away, give it back, freeze it.",
    );
  for (const verb of Object.keys(verbs) as (keyof typeof verbs)[]) {
    const { summary, description, done } = verbs[verb];
    const one = command.command(verb).summary(summary).description(description).argument("<node...>", "the nodes");
    withOutput(withLab(one));
    withExamples(one, { "One node of the lab here": [`netwright node ${verb} r1`] });
    one.action(
      bind<NodeOptions>(async ({ context, output, options }: Session<NodeOptions>, ...names) => {
        const { connect } = await import("../choose-lab.ts");
        const client = await connect(context, options);
        const changed = [];
        for (const name of names.flat()) {
          const status = await client.actOnNode(name, verb);
          changed.push(status);
          if (!output.json) output.note(`Node ${status.name} ${done}.`);
        }
        if (output.json) output.printJson({ nodes: changed });
        return 0;
      }),
    );
  }
  for (const verb of Object.keys(snapshots) as (keyof typeof snapshots)[]) {
    const { action, summary, description, done } = snapshots[verb];
    const one = command
      .command(verb)
      .summary(summary)
      .description(description)
      .argument("<node>", "the virtual machine")
      .argument("<name>", "of the snapshot");
    withOutput(withLab(one));
    withExamples(one, { "By a name of your choice": [`netwright node ${verb} dut configured`] });
    one.action(
      bind<NodeOptions>(async ({ context, output, options }: Session<NodeOptions>, name = "", tag = "") => {
        const { connect } = await import("../choose-lab.ts");
        const client = await connect(context, options);
        const status = await client.snapshotNode(name, action, tag);
        if (output.json) output.printJson({ nodes: [status] });
        else output.note(`Node ${name} ${done} ${tag}.`);
        return 0;
      }),
    );
  }
};
