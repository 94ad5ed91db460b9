import type { NodeFile } from "../../topology/index.ts";

const blockBytes = 512;

/** A tar file (POSIX ustar, pax(1)) with these files, owned by root; folders above them are left to whoever unpacks it. */
export function tarOf(files: readonly NodeFile[]): Buffer {
  const parts = files.flatMap(({ path, contentBase64, mode }) => {
    const content = Buffer.from(contentBase64, "base64");
    const name = Buffer.from(path.replace(/^\/+/, ""));
    const padding = Buffer.alloc((blockBytes - (content.length % blockBytes)) % blockBytes);
    return [...longName(name), header(name, content.length, mode, "0"), content, padding];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * blockBytes)]);
}

/** A name of more than 100 bytes comes in an entry of its own before (GNU tar, type L). */
function longName(name: Buffer): readonly Buffer[] {
  if (name.length <= 100) return [];
  const padded = Buffer.alloc(Math.ceil((name.length + 1) / blockBytes) * blockBytes);
  padded.set(name);
  return [header(Buffer.from("././@LongLink"), name.length + 1, 0o644, "L"), padded];
}

function header(name: Buffer, bytes: number, mode: number, type: "0" | "L"): Buffer {
  const block = Buffer.alloc(blockBytes);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
  block.set(name.subarray(0, 100));
  block.write(octal(mode, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(bytes, 11), 124);
  block.write(octal(0, 11), 136);
  // The checksum is made with spaces in its place.
  block.write("        ", 148);
  block.write(type, 156);
  block.write("ustar  \0", 257);
  block.write(
    `${octal(
      block.reduce((sum, byte) => sum + byte, 0),
      6,
    )}\0 `,
    148,
  );
  return block;
}
