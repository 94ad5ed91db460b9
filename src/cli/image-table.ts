import type { Paint } from "./style.ts";
import { table } from "./table.ts";

type ShownImage = {
  readonly name: string;
  readonly id: string;
  readonly at: string;
  readonly bytes: number;
  readonly unpackedBytes?: number | undefined;
  /** Which use it, or how many. */
  readonly labs: readonly string[] | number;
};

export function imageTable(images: readonly ShownImage[], paint: Paint): readonly string[] {
  const rows = images.map((one) => [
    one.name,
    one.id.slice("sha256:".length, "sha256:".length + 12),
    one.at.slice(0, 16).replace("T", " "),
    megabytes(one.bytes),
    one.unpackedBytes === undefined ? "" : megabytes(one.unpackedBytes),
    typeof one.labs === "number" ? one.labs || "" : one.labs.join(", "),
  ]);
  return table(["IMAGE", "ID", "SINCE", "SIZE", "UNPACKED", "LABS"], rows, (text) => paint("dim", text));
}

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
