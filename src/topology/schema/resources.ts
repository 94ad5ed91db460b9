import * as z from "zod";
import { sizePattern } from "../size.ts";
import { map, wholeNumber } from "./form.ts";

/** What programs may use: limits that the kernel enforces for whoever starts the lab. */

const sizePhrase = "a size with its unit, such as 512MiB or 2GiB";

export const nodeResources = map(
  {
    "program-memory": z
      .string({ error: sizePhrase })
      .regex(sizePattern, { error: sizePhrase })
      .optional()
      .describe("Most memory for the data of one program, such as 256MiB. What asks for more does not get it"),
    "open-files": wholeNumber(16, 1_048_576).optional().describe("Most files that one program may have open"),
  },
  "a map with program-memory and open-files",
).meta({ title: "Node resources" });

export const labResources = map(
  {
    processes: wholeNumber(32, 4_194_304)
      .optional()
      .describe(
        "Most processes and threads of each user of the lab, over all its nodes. The supervisor's own count too",
      ),
  },
  "a map with processes",
).meta({ title: "Lab resources" });
