import { open } from "node:fs/promises";
import { PcapngBlocks } from "../../api/index.ts";

const pieceBytes = 1 << 20;

/**
 * Takes from the end of a capture's file what is not a whole block, which a process that was killed may
 * have left, so that another section can follow.
 *
 * @param from where in the file this capture begins: between two blocks
 * @returns how many frames are in it, by the number of their interface
 */
export async function mendFile(path: string, from: number): Promise<readonly number[]> {
  await using file = await open(path, "r+");
  const blocks = new PcapngBlocks();
  for (let at = from; ; ) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(pieceBytes), 0, pieceBytes, at);
    if (bytesRead === 0) break;
    at += bytesRead;
    blocks.push(buffer.subarray(0, bytesRead));
  }
  await file.truncate(from + blocks.bytes);
  return blocks.frames;
}
