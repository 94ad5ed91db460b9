import * as z from "zod";
import { listOf, map, mapOf, scalar, text } from "../schema/form.ts";
import { file } from "../schema/node.ts";
import { command } from "../schema/scalars.ts";

/** What a recipe of an image looks like, before what it says is checked. */

const word = z.union([z.string(), z.number()], { error: "a word" });

const keys = {
  name: text("a name such as team/web:v1").optional().describe("Name of the image. That of the file when absent"),
  from: text("an image such as netwright/host or debian:12")
    .min(1)
    .optional()
    .describe("The image it is made on top of. When absent, it is made of Debian packages alone"),
  suite: text("a release of Debian such as bookworm")
    .regex(/^[a-z][a-z0-9.-]*$/, { error: "a release of Debian such as bookworm" })
    .optional()
    .describe("Of the packages, without from. That of this machine when absent"),
  packages: listOf(text("the name of a Debian package"), "a list of Debian packages")
    .optional()
    .describe("Debian packages, with what they depend on: `dnsmasq-base`, or one version of it, `dnsmasq-base=2.90-4`"),
  files: mapOf(file, "a map from full paths to texts")
    .optional()
    .describe("Files by full path, as in a lab file: written after the packages, in their place if need be"),
  run: listOf(command(), "a list of commands")
    .optional()
    .describe(
      "Commands that run in it at the end, in order, as root and without a network. One that fails ends the build",
    ),
  entrypoint: listOf(word, "a list of words").optional().describe("The program it runs"),
  command: command().optional().describe("Its arguments, or where there is no entrypoint the program"),
  environment: mapOf(scalar(), "a map of environment variables").optional().describe("Environment of its programs"),
  user: scalar("a user name or uid[:gid]").optional().describe("Who runs its program. root when absent"),
  "working-directory": text("a full path such as /srv")
    .regex(/^\//, { error: "a full path such as /srv" })
    .optional()
    .describe("Where its programs run"),
  "stop-signal": text("a signal such as SIGTERM")
    .regex(/^SIG[A-Z0-9+-]+$/, { error: "a signal such as SIGTERM" })
    .optional()
    .describe("What tells its program to end"),
  labels: mapOf(scalar(), "a map of labels").optional().describe("Labels, for programs that look at images"),
} as const;

export const recipeForm = map(keys, `a map with ${Object.keys(keys).join(", ")}`);
export type RecipeForm = z.output<typeof recipeForm>;
