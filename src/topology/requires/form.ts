import * as z from "zod";
import { listOf, map, mapOf, text } from "../schema/form.ts";
import { parseSize } from "../size.ts";
import { boundsPattern, versionPattern } from "./bounds.ts";

const boundsPhrase = 'a bound such as ">= 512", "<= 10", "= 1", "512..4096", or a number';
const bounds = z.union(
  [z.int({ error: boundsPhrase }), z.string({ error: boundsPhrase }).regex(boundsPattern, { error: boundsPhrase })],
  { error: boundsPhrase },
);
const versionPhrase = 'a bound such as ">= 5.15"';
const sizePhrase = "a size such as 512MiB or 4GiB";

/** What the machine that runs the lab must have. */
export const requiresForm = map(
  {
    kernel: z
      .string({ error: versionPhrase })
      .regex(versionPattern, { error: versionPhrase })
      .optional()
      .describe("Release of the kernel, such as `>= 5.15`"),
    sysctls: mapOf(bounds, 'a map of kernel settings such as {fs.inotify.max_user_instances: ">= 512"}')
      .optional()
      .describe(
        "Kernel settings of the machine by dotted name, each a number it must be, or bounds: `>= 512`, `<= 10`, `= 1`, `512..4096`",
      ),
    modules: listOf(
      text("the name of a kernel module").regex(/^[\w-]+$/, { error: "the name of a kernel module" }),
      "a list of kernel modules",
    )
      .optional()
      .describe("Kernel modules that must be loaded or built in"),
    memory: z
      .string({ error: sizePhrase })
      .refine((value) => parseSize(value) !== undefined, { error: sizePhrase })
      .optional()
      .describe("Memory that must be available, such as `4GiB`"),
    programs: listOf(
      text("the name of a program").regex(/^[^/\0]+$/, { error: "a name, no path" }),
      "a list of programs",
    )
      .optional()
      .describe("Programs that must be installed"),
  },
  "a map with kernel, sysctls, modules, memory and programs",
).meta({ title: "Requires" });
