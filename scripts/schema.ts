/** Writes schema/, which editors complete and check users' files with. A test says when it is out of date. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { jsonSchemas } from "./docs/json-schemas.ts";

const folder = join(import.meta.dirname, "../schema");
mkdirSync(folder, { recursive: true });
for (const [name, schema] of Object.entries(jsonSchemas()))
  writeFileSync(join(folder, `${name}.schema.json`), `${JSON.stringify(schema, null, 2)}\n`);
