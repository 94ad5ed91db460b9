/**
 * How long a live change of a link takes through the lab API, from the call to the answer, by when it
 * is in force.
 *
 *   node bench/programs/link-change.ts LAB SOCKET LINK CHANGES
 *
 * Prints a JSON object: { changes: milliseconds of each }.
 */
import type { LabClient as Client } from "../../src/client/index.ts";

export type LinkChangeReport = { readonly changes: readonly number[] };

const [lab = "", socket = "", link = "", count = "0"] = process.argv.slice(2);
// The package as `make build` makes it.
const { LabClient } = (await import(new URL("../../dist/client/index.js", import.meta.url).href)) as {
  LabClient: new (name: string, socket: string) => Client;
};
const client = new LabClient(lab, socket);
const changes: number[] = [];
for (let number = 0; number < Number(count); number++) {
  const delayMs = 10 + (number % 10);
  const beganMs = performance.now();
  const status = await client.impairLink(link, { ab: { delayMs } });
  changes.push(performance.now() - beganMs);
  if (status.ab?.delayMs !== delayMs) throw new Error("the change is not in force");
}
process.stdout.write(JSON.stringify({ changes } satisfies LinkChangeReport));
