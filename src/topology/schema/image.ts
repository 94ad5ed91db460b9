import * as z from "zod";
import { choice, listOf, scalar, text } from "./form.ts";
import { command } from "./scalars.ts";

/** Images of hosts and routers, and how what is in them runs. */

const word = z.union([z.string(), z.number()], { error: "a word" });

export const imageSettings = {
  engine: choice(["namespace", "container"])
    .optional()
    .describe(
      "What runs it. `namespace`: Netwright itself, without root and without a daemon. `container`: Docker or Podman. `namespace` when absent",
    ),
  image: text("an image such as debian:12, oci:FOLDER, docker-archive:FILE or rootfs:FOLDER, or host")
    .min(1)
    .optional()
    .describe(
      "What its file system is made of: an image such as `debian:12`, or with its transport (`docker://`, `oci:`, `docker-archive:`, `docker-daemon:`, `containers-storage:`, `rootfs:`). `host`: the programs of this machine, as when absent. Paths are relative to the lab file",
    ),
  pull: choice(["missing", "always", "never"])
    .optional()
    .describe(
      "When the source of the image is asked: `missing`, where this machine has not the image; `always`; `never`. `missing` when absent",
    ),
  command: z
    .union([z.literal("none"), command()], {
      error: "a list of words such as [nginx, -g, daemon off;], {shell: a line for the shell}, or none",
    })
    .optional()
    .describe("Runs in place of the image's command. `none`: nothing of the image is run"),
  entrypoint: listOf(word, "a list of words, or [] for none")
    .optional()
    .describe("In place of the image's entry point; the image's command is then left out. []: none"),
  user: scalar("a user name or uid[:gid]")
    .optional()
    .describe("Who runs the image's program: a user name or uid[:gid]. The image's when absent"),
  "working-directory": text("a full path such as /srv")
    .optional()
    .describe("Where the image's program runs. The image's when absent"),
};
