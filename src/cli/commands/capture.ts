import { InvalidArgumentError } from "commander";
import type { CaptureRequest, CaptureStatus } from "../../api/capture.ts";
import type { LabClient } from "../../client/lab.ts";
import { mostSnaplenBytes } from "../../topology/capture/capture.ts";
import { parseSize } from "../../topology/capture/size.ts";
import { parseDuration } from "../../topology/duration.ts";
import type { CommandDefinition, Session } from "../command.ts";
import { withExamples } from "../examples.ts";
import { count, type NameOptions, withLab, withOutput } from "../options.ts";

type CaptureOptions = NameOptions & {
  readonly file?: string;
  readonly output?: string;
  readonly filter?: string;
  readonly snaplen?: number;
  readonly count?: number;
  readonly duration?: number;
  readonly ring?: number;
  readonly list?: boolean;
};

export const capture: CommandDefinition = (program, bind) => {
  const command = program
    .command("capture")
    .summary("Capture frames of interfaces and links")
    .description(
      "Capture what passes interfaces of a running lab, into a pcapng file or live into another program, until Ctrl-C. Several come in one file, in the order of time, by their names and with their direction; faults and changes of links are comments in it. It needs no root and no Wireshark.\n\nA target is an interface (h1:eth0, s1:p2) or a link, which means both its ends: two nodes that one link joins (h1 r1), or an id as `link ls` shows it. At the end it says how many frames were taken and how many lost.",
    )
    .argument("[target...]", "interfaces and links")
    .option(
      "-o, --output <file>",
      "write to this file, over what is in it; - for standard output; default: a new file named after the lab",
    )
    .option("--filter <expression>", "take only frames that match, as tcpdump has it (pcap-filter(7))")
    .option("--snaplen <size>", "take only so much of each frame, e.g. 128", size(1, mostSnaplenBytes, "262144"))
    .option("--count <frames>", "end after so many frames", wholeCount)
    .option("--duration <time>", "end after this time, e.g. 10s", time)
    .option(
      "--ring <size>",
      "the kernel's buffer for each interface that is not on a wire; default: 4mb",
      size(64 * 1024, 256 * 1024 * 1024, "256mb"),
    )
    .option("--list", "list the captures of the lab, those of its file too");
  withOutput(withLab(command));
  withExamples(command, {
    "An interface, into a file of its own": ["netwright capture h1:eth0"],
    "Both ends of a link, live in Wireshark": ["netwright capture r1 r2 -o - | wireshark -k -i -"],
    "A hundred packets of a web server": [
      "netwright capture web:eth0 --filter 'tcp port 80' --count 100 -o web.pcapng",
    ],
  });
  command.action(bind<CaptureOptions>((session, ...words) => runCapture(session, words.flat())));
};

async function runCapture(session: Session<CaptureOptions>, operands: readonly string[]): Promise<number> {
  const { context, output, options } = session;
  const { connect } = await import("../choose-lab.ts");
  if (options.list) {
    await listCaptures(session, await connect(context, options));
    return 0;
  }
  const { labError } = await import("../../topology/errors/error.ts");
  const { groupTargets } = await import("../../topology/capture/targets.ts");
  // A link may be written as h1 -- h2.
  const words = [...operands, ...(context.rest ?? [])];
  const targets = groupTargets(words);
  if (targets.length === 0)
    throw labError("USAGE", {
      problem: "There is nothing to capture.",
      remedy: "Name an interface: netwright capture h1:eth0",
    });
  const isPiped = options.output === "-";
  if (isPiped && context.stdout.isTTY)
    throw labError("CAPTURE_TO_TERMINAL", { command: `netwright capture ${words.join(" ")}` });
  if (isPiped && output.json)
    throw labError("USAGE", { problem: "--json and -o - both want standard output.", remedy: "Name a file with -o." });
  const client = await connect(context, options);
  const { onInterrupt } = await import("../interrupt.ts");
  using interrupt = onInterrupt(process);
  const started = await client.startCapture(requestOf(targets, options));
  const { openSink } = await import("../capture-sink.ts");
  await using sink = await openSink(context, options.output, `${client.name}-${fileStem(started)}`).catch(
    async (error: unknown) => {
      await client.stopCapture(started.id).catch(() => undefined);
      throw error;
    },
  );
  output.note(`Capturing ${started.interfaces.map(({ name }) => name).join(", ")}. Ctrl-C ends it.`);
  // What is still on its way comes after; only who is out of patience goes without it.
  const stop = () => void client.stopCapture(started.id).catch(() => undefined);
  if (interrupt.signal.aborted) stop();
  interrupt.signal.addEventListener("abort", stop, { once: true });
  const pieces = client.captureStream(started.id, { signal: interrupt.again });
  try {
    for (;;) {
      const next = await pieces.next();
      if (next.done) return report(session, next.value, sink.path);
      await sink.write(next.value);
    }
  } catch (error) {
    if (!interrupt.again.aborted) throw error;
    return interrupt.exitCode();
  }
}

function requestOf(
  targets: readonly string[],
  { filter, snaplen, count, duration, ring }: CaptureOptions,
): CaptureRequest {
  return {
    targets: [...targets],
    ...(filter === undefined ? {} : { filter }),
    ...(snaplen === undefined ? {} : { snaplenBytes: snaplen }),
    ...(count === undefined ? {} : { maxFrames: count }),
    ...(duration === undefined ? {} : { durationMs: duration }),
    ...(ring === undefined ? {} : { ringBytes: ring }),
  };
}

/** @returns the exit code: a capture that is not complete for reasons of its own has failed */
function report({ output }: Session<CaptureOptions>, status: CaptureStatus, path: string | undefined): number {
  const paint = output.notePaint;
  const width = Math.max(...status.interfaces.map(({ name }) => name.length));
  output.note(
    ...status.interfaces.map(({ name, frames }) => `  ${name.padEnd(width)}  ${counted(frames)}`),
    ...(path === undefined ? [] : [`Written to ${path}.`]),
  );
  for (const { name, droppedByRing, droppedByReader } of status.interfaces) {
    if (droppedByRing > 0)
      output.complain(
        `${paint("yellow", "Warning:")} ${name}: ${counted(droppedByRing)} lost, because the kernel's buffer was full. A larger --ring, or a --filter, helps.`,
      );
    if (droppedByReader > 0)
      output.complain(
        `${paint("yellow", "Warning:")} ${name}: ${counted(droppedByReader)} lost, because what reads the capture did not keep up.`,
      );
  }
  if (status.interruptions > 0)
    output.complain(
      `${paint("yellow", "Warning:")} the process that captures ended ${status.interruptions === 1 ? "once" : `${status.interruptions} times`}: what passed until it ran again is missing. Comments in the capture say where.`,
    );
  if (output.json) output.printJson({ capture: { ...status, ...(path === undefined ? {} : { file: path }) } });
  if (status.reason !== "lost" && status.reason !== "write-failed") return 0;
  output.complain(`${paint("red", "Error:")} the capture ended early: ${status.message ?? status.reason}`);
  return 1;
}

async function listCaptures({ output }: Session<CaptureOptions>, client: LabClient): Promise<void> {
  const { table } = await import("../table.ts");
  const captures = await client.captures();
  if (output.json) {
    output.printJson({ captures });
    return;
  }
  if (captures.length === 0) output.note("No captures.");
  const rows = captures.map(({ id, state, reason, interfaces, file }) => [
    id,
    reason === undefined ? state : `${state} (${reason})`,
    interfaces.reduce((sum, { frames }) => sum + frames, 0).toString(),
    interfaces.reduce((sum, one) => sum + one.droppedByRing + one.droppedByReader, 0).toString(),
    interfaces.map(({ name }) => name).join(", "),
    file ?? "",
  ]);
  if (rows.length > 0)
    output.print(
      ...table(["CAPTURE", "STATE", "FRAMES", "LOST", "OF", "FILE"], rows, (text) => output.paint("bold", text)),
    );
}

const counted = (frames: number): string => `${frames.toLocaleString("en-US")} frame${frames === 1 ? "" : "s"}`;

/** Of what is captured: the first interface, and how many more. */
function fileStem({ interfaces }: CaptureStatus): string {
  const [first, ...others] = interfaces.map(({ name }) => name.replace(/[^A-Za-z0-9._-]+/g, "-"));
  return others.length === 1
    ? `${first}-${others[0]}`
    : others.length === 0
      ? `${first}`
      : `${first}-and-${others.length}-more`;
}

function size(least: number, most: number, mostText: string): (text: string) => number {
  return (text) => {
    const bytes = parseSize(text);
    if (bytes === undefined || bytes < least || bytes > most)
      throw new InvalidArgumentError(`Give a size from ${least} to ${mostText}, such as 1500, 64kb or 16mb.`);
    return bytes;
  };
}

function wholeCount(text: string): number {
  const frames = count(text);
  if (frames === 0) throw new InvalidArgumentError("Give a whole number above 0.");
  return frames;
}

function time(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms === 0) throw new InvalidArgumentError("Give a time with its unit, such as 10s or 500ms.");
  return ms;
}
