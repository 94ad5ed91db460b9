import {
  interfaceDescription,
  packetBlockBytes,
  sectionHeader,
  withComments,
  writePacketBlock,
} from "../../../src/dataplane/capture/pcapng.ts";

export type Frame = {
  readonly bytes: Buffer;
  readonly atMs?: number;
  readonly interface?: number;
  readonly isInbound?: boolean;
  readonly comments?: readonly string[];
};

/** A capture as Netwright writes it. Times are milliseconds after 1,700,000,000 s. */
export function captureFile(frames: readonly Frame[], interfaces: readonly string[] = ["h1:eth0"]): Buffer {
  return Buffer.concat([
    sectionHeader("test"),
    ...interfaces.map((name) => interfaceDescription({ name, snaplenBytes: 262_144 })),
    ...frames.map(packetBlock),
  ]);
}

function packetBlock({ bytes, atMs = 0, interface: number = 0, isInbound = true, comments = [] }: Frame): Buffer {
  const block = Buffer.alloc(packetBlockBytes(bytes.length));
  const micros = Math.round(atMs * 1000);
  const time = { seconds: 1_700_000_000 + Math.floor(micros / 1e6), nanoseconds: (micros % 1e6) * 1000 };
  const info = { interface: number, time, captured: bytes.length, whole: bytes.length, isInbound };
  writePacketBlock(block, 0, info, bytes, 0);
  return comments.length === 0 ? block : withComments(block, comments);
}
