import * as z from "zod";
import { choice, map, mapOf, oneOrMore, scalar, text, wholeNumber } from "./form.ts";
import { command, duration } from "./scalars.ts";

/** Processes that run on nodes. */

/** signal(7), without those that cannot be caught or that stop a process for job control. */
export const stopSignals = [
  "SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGKILL", "SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGPWR", "SIGABRT", "SIGALRM", "SIGCONT",
] as const; // biome-ignore format: a table

const condition = choice(["started", "ready", "success"]).describe(
  "`started`: it runs. `ready`: its readiness check passed. `success`: it ended with exit code 0",
);

const port = () => wholeNumber(1, 65_535);

const ready = map(
  {
    tcp: port().optional().describe("Ready when something listens on this TCP port of the node"),
    udp: port().optional().describe("Ready when something listens on this UDP port of the node"),
    command: command().optional().describe("Ready when this command ends with exit code 0"),
    log: text("a regular expression")
      .optional()
      .describe("Ready when a line of its output matches this regular expression"),
    file: text("a full path").optional().describe("Ready when this file is there"),
    interval: duration().optional().describe("Between two checks. 200ms when absent"),
    timeout: duration().optional().describe("Not ready by then is a failure. 30s when absent"),
  },
  "a map with one of tcp, udp, command, log and file, and interval and timeout",
).meta({ title: "Readiness" });

export const process = map(
  {
    node: oneOrMore(text("the name of a node"), "the name of a node, or a list of names and patterns").describe(
      "The node it runs on. With a list or a pattern such as `leaf*`, one process `name@node` on each",
    ),
    command: command().describe("What runs: a list of words, or {shell: a line for sh -c}"),
    environment: mapOf(scalar(), "a map of environment variables")
      .optional()
      .describe("Added to the node's environment"),
    directory: text("a full path").optional().describe("Working directory"),
    user: scalar("a user name or uid[:gid]")
      .optional()
      .describe("User name, or uid[:gid]. Root of the node when absent"),
    ready: ready.optional().describe("When it counts as ready"),
    after: z
      .union([text("a process"), z.array(text("a process")), z.record(z.string(), condition)], {
        error: "a process, a list of processes, or a map such as {db: ready}",
      })
      .optional()
      .describe(
        "Processes it waits for. Without a condition: until one with a readiness check is ready, and any other is started",
      ),
    restart: choice(["no", "on-failure", "always"]).optional().describe("What to do when it ends. `no` when absent"),
    tags: oneOrMore(text("a tag"), "a tag or a list of tags").optional().describe("Names for --only and --exclude"),
    "stop-signal": choice(stopSignals).optional().describe("Asks it to stop. SIGTERM when absent"),
    grace: duration().optional().describe("From the stop signal to SIGKILL. 10s when absent"),
  },
  "a map with node, command and so on",
)
  .meta({ title: "Process" })
  .describe("A supervised program on a node");
