/** Writes schema/lab.schema.json, which editors complete lab files from. A test says when it is out of date. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { labJsonSchema } from "./docs/lab-schema.ts";

const folder = join(import.meta.dirname, "../schema");
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "lab.schema.json"), `${JSON.stringify(labJsonSchema(), null, 2)}\n`);
