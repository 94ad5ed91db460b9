export { type InterArrival, interArrivalTimes } from "./assert/arrival.ts";
export {
  assertContainsNoPacket,
  assertContainsPacket,
  assertContainsPackets,
  assertInterArrival,
  assertPacketsInOrder,
} from "./assert/assert.ts";
export { type Comparison, comparePacket, type Difference, matchesPacket, matchPackets } from "./assert/compare.ts";
export type { PacketCount } from "./assert/contains.ts";
export { type DescribeOptions, describePacket } from "./assert/describe.ts";
export type { Expected, ExpectedLayer, PacketPattern } from "./assert/pattern.ts";
export type { Packets } from "./assert/verdict.ts";
export { type PacketSource, type PacketWait, waitForPacket, waitForPackets, waitWithoutPacket } from "./assert/wait.ts";
export { type CaptureStream, collectPackets, LivePackets } from "./capture/live-packets.ts";
export type { CaptureInterface, InterfaceStatistics, Packet, PacketDirection } from "./capture/packet.ts";
export type { GrowingPackets } from "./capture/packet-list.ts";
export { type Capture, parseCapture, type ReadOptions, readCapture, readPackets } from "./capture/read.ts";
export { RecordedPackets } from "./capture/recorded-packets.ts";
export type { Checksum } from "./layers/checksum.ts";
export { type DecodeOptions, decodeFrame } from "./layers/decode.ts";
export type { Decoded, Layer, LayerName, LayerOf, PacketProblem } from "./layers/layer.ts";
export { inNetwork } from "./network.ts";
export { decodeWithTshark, type TsharkOptions, type TsharkRecord } from "./tshark.ts";
