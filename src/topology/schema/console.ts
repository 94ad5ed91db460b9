import * as z from "zod";
import { choice, map } from "./form.ts";
import { command, commandPhrase } from "./scalars.ts";

/** What the console of a host or router is: a terminal with a program on it. */
export const consoleForm = z
  .union(
    [
      command(),
      map(
        {
          command: command()
            .optional()
            .describe("What runs on it, started anew when it ends. A login shell when absent"),
          start: choice(["attach", "up"])
            .optional()
            .describe("`attach` (the default): when someone first attaches to it. `up`: with the node"),
        },
        "a map with command and start",
      ),
    ],
    { error: `${commandPhrase}, or a map with command and start` },
  )
  .meta({ title: "Console" });
