import { type ServerAccess, ServerClient } from "../client/server.ts";
import { labError } from "../topology/errors/error.ts";
import type { Session } from "./command.ts";
import { imageTable } from "./image-table.ts";

/** The verbs of images, for those of a server. Only its administrators change what is there. */

/** How long a server may take to fetch an image and unpack it, in milliseconds. */
const pullMs = 30 * 60_000;

export async function listImagesOnServer({ output }: Session<object>, access: ServerAccess): Promise<void> {
  const images = await new ServerClient(access).images();
  if (output.json) return output.printJson({ images });
  output.print(...imageTable(images, output.paint));
  if (images.length === 0)
    output.note(
      "There are no images yet. Labs fetch theirs; its administrators do with: netwright image pull debian:12",
    );
}

/** @throws NOT_ON_SERVER for a time that only fetching here has */
export async function pullImagesOnServer(
  { output, options }: Session<{ readonly timeout?: number }>,
  access: ServerAccess,
  names: readonly string[],
): Promise<void> {
  if (options.timeout !== undefined) throw labError("NOT_ON_SERVER", { what: "--timeout" });
  const pulled: { readonly name: string; readonly id: string }[] = [];
  for (const reference of names) {
    const { name, id } = await new ServerClient(access).call("pullImage", { body: { reference }, timeoutMs: pullMs });
    pulled.push({ name, id });
    if (!output.json) output.print(name);
  }
  if (output.json) output.printJson({ images: pulled });
}

export async function removeImagesOnServer(
  { output }: Session<object>,
  access: ServerAccess,
  names: readonly string[],
): Promise<void> {
  for (const image of names) await new ServerClient(access).call("removeImage", { params: { image } });
  if (output.json) output.printJson({ names });
  else output.note(`Removed ${names.join(", ")} of ${access.url}.`);
}
