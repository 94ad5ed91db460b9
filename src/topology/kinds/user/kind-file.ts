import * as z from "zod";
import { choice, listOf, map, mapOf, scalar, text, wholeNumber } from "../../schema/form.ts";
import { command, duration } from "../../schema/scalars.ts";
import { optionSpec } from "./options.ts";

/** What a user writes of a kind: in `kinds/NAME/kind.yaml`, or as the default export of `kinds/NAME/kind.ts`. */

const fullPath = () =>
  text("a full path such as /etc/echo.conf").regex(/^\//, { error: "a full path such as /etc/echo.conf" });

const file = z.union(
  [
    text("a text"),
    map(
      {
        content: text("a text").optional().describe("The text of the file"),
        base64: text("base64").optional().describe("The bytes of the file, in base64"),
        from: text("a path").optional().describe("A file in the folder of the kind"),
        mode: text('permissions in octal digits, such as "0755"')
          .regex(/^0?[0-7]{3}$/, { error: 'permissions in octal digits, such as "0755"' })
          .optional()
          .describe("0644 when absent"),
      },
      "a text, or a map with content, base64 or from, and mode",
    ),
  ],
  { error: "a text, or a map with content, base64 or from, and mode" },
);

const portOrOption = z.union([wholeNumber(1, 65_535), text("a port, or the name of an option such as ${port}")], {
  error: "a port, or the name of an option such as ${port}",
});

const ready = map(
  {
    tcp: portOrOption.optional().describe("Ready when something listens on this TCP port"),
    udp: portOrOption.optional().describe("Ready when something listens on this UDP port"),
    file: text("a full path").optional().describe("Ready when this file is there"),
    command: command().optional().describe("Ready when this command ends with exit code 0"),
    log: text("a regular expression").optional().describe("Ready when a line of its output matches"),
    timeout: duration().optional().describe("Not ready by then is a failure. 30s when absent"),
  },
  "a map with one of tcp, udp, file, command and log, and timeout",
);

const service = map(
  {
    command: command().describe("What runs"),
    ready: ready.optional().describe("When the next one may start"),
    restart: choice(["no", "on-failure", "always"]).optional().describe("`no` when absent"),
  },
  "a map with command, ready and restart",
);

const config = map(
  {
    path: fullPath().describe("The configuration file, in the node"),
    check: command().optional().describe("Fails when {file} would not be taken"),
    reload: command().optional().describe("Makes the running services take the file. Without: they start anew"),
    save: command().optional().describe("Prints the configuration in force. Without: the file is it"),
  },
  "a map with path, check, reload and save",
);

/** What a kind's nodes have and run; with templates, or from `make`. */
const partKeys = {
  programs: mapOf(text("a Debian package"), "a map from programs to the Debian packages that have them")
    .optional()
    .describe("Programs that must be on this machine, each with the Debian package that has it"),
  directories: listOf(fullPath(), "a list of full paths").optional().describe("Folders that are made, empty"),
  files: mapOf(file, "a map from full paths to texts").optional().describe("Files by full path"),
  services: mapOf(service, "a map from names to services")
    .optional()
    .describe("Long-running programs, started in order, each ready before the next"),
  setup: listOf(command(), "a list of commands").optional().describe("Commands that run once, after the services"),
  sysctls: mapOf(scalar(), "a map of kernel settings").optional().describe("Kernel settings (net.…)"),
  config: config.optional().describe("What netwright config pushes, resets and saves"),
} as const;

export const kindParts = map(partKeys, `a map with ${Object.keys(partKeys).join(", ")}`);
export type KindParts = z.output<typeof kindParts>;

const naming = map(
  {
    prefix: text("a prefix such as eth").regex(/^[A-Za-z][A-Za-z0-9-]{0,11}$/, { error: "a short word such as eth" }),
    first: wholeNumber(0, 9999).optional().describe("0 when absent"),
  },
  "a map with prefix and first",
);

const makePhrase = "a function (options, facts) that gives files, services and so on";

export const kindFile = map(
  {
    summary: text("a sentence").min(1).describe("What it is, in one sentence"),
    base: choice(["host", "router"]).optional().describe("`router` forwards, `host` (the default) does not"),
    options: mapOf(optionSpec, "a map from names to options").optional().describe("The kind's own keys of a node"),
    interfaces: naming
      .optional()
      .describe("Names of interfaces that the lab file leaves open. eth0, eth1, … when absent"),
    ...partKeys,
    make: z
      .custom<(options: never, facts: never) => unknown>((value) => typeof value === "function", { error: makePhrase })
      .optional(),
  },
  "a map with summary, options, files, services and so on",
);
export type KindFile = z.output<typeof kindFile>;
