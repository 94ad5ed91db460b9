import * as z from "zod";
import { sizePattern } from "../size.ts";
import { choice, map, wholeNumber } from "./form.ts";

/** What programs, nodes and labs may use: limits that the kernel enforces. */

const sizePhrase = "a size with its unit, such as 512MiB or 2GiB";
const size = () => z.string({ error: sizePhrase }).regex(sizePattern, { error: sizePhrase });

const cpusPhrase = "a number of processors between 0.01 and 4096, such as 0.5";
const cpus = () => z.number({ error: cpusPhrase }).min(0.01).max(4096);

/** Of a virtual machine, too. */
const wholeNodeResources = {
  cpus: cpus().optional().describe("Most processor time of the whole node, in processors, such as 0.5. Slowed beyond"),
  memory: size()
    .optional()
    .describe("Most memory of the whole node, such as 256MiB. Beyond, the kernel ends one of its processes"),
  processes: wholeNumber(4, 4_194_304)
    .optional()
    .describe("Most processes and threads of the whole node. More are not started"),
};

export const nodeResources = map(
  {
    ...wholeNodeResources,
    "program-memory": size()
      .optional()
      .describe("Most memory for the data of one program, such as 256MiB. What asks for more does not get it"),
    "open-files": wholeNumber(16, 1_048_576).optional().describe("Most files that one program may have open"),
  },
  "a map with cpus, memory, processes, program-memory and open-files",
).meta({ title: "Node resources" });

export const applianceResources = map(wholeNodeResources, "a map with cpus, memory and processes").meta({
  title: "Resources of an appliance",
});

export const labResources = map(
  {
    cpus: cpus().optional().describe("Most processor time of all nodes together, in processors"),
    memory: size().optional().describe("Most memory of all nodes together"),
    processes: wholeNumber(32, 4_194_304)
      .optional()
      .describe(
        "Most processes and threads of all nodes together; without control groups, of each user of the lab, the supervisor's own included",
      ),
    enforce: choice(["required", "if-possible"])
      .optional()
      .describe(
        "`required`: a lab with a limit that this machine cannot enforce does not start. `if-possible`: it starts, with a warning. `required` when absent",
      ),
  },
  "a map with cpus, memory, processes and enforce",
).meta({ title: "Lab resources" });
