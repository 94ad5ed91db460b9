export * from "./capture-ring.ts";
export { childrenOf } from "./children.ts";
export { setTimerSlack, WallClock } from "./clock.ts";
export * from "./delay-distribution.ts";
export { closeInherited } from "./descriptors.ts";
export { Epoll } from "./epoll.ts";
export { errnoName, errnoText, KernelError } from "./errno.ts";
export * from "./file-attributes.ts";
export * from "./file-lock.ts";
export { type BpfInstruction, compileFilter, type FilterResult } from "./filter-compiler.ts";
export { FrameMemory, type FrameViews, viewsOf } from "./frame-memory.ts";
export * from "./host-name.ts";
export * from "./limits.ts";
export { connectLocally } from "./local-connection.ts";
export * from "./mount.ts";
export { type MountInfo, parseMountInfo, readMounts } from "./mountinfo.ts";
export * from "./namespaces.ts";
export type { AddressInfo, AddressOfLink } from "./netlink/address.ts";
export { BatchError, type BatchFailure, type RtnetlinkBatch } from "./netlink/batch.ts";
export type { Bridge, BridgeChange, BridgePortChange, BridgeSettings } from "./netlink/bridge.ts";
export type { BridgePortVlans } from "./netlink/bridge-vlans.ts";
export type { LinkCounters } from "./netlink/counters.ts";
export { RtnetlinkHandle } from "./netlink/handle.ts";
export type { LinkChange, LinkInfo, LinkState, OperState, VethEnd, VethPair } from "./netlink/link.ts";
export type { LinkStatistics } from "./netlink/link-statistics.ts";
export type { ForwardingInfo, NeighbourInfo, NeighbourState } from "./netlink/neighbour.ts";
export { defaultNetemLimit, longestJitterMs, type NetemSettings } from "./netlink/netem.ts";
export type { QdiscInfo, Queue, QueueKind, QueuePlace, QueueStatistics } from "./netlink/queue.ts";
export type { NextHop, RouteInfo, RouteSpec, RouteType } from "./netlink/route.ts";
export type { TokenBucketSettings } from "./netlink/token-bucket.ts";
export type { FilterPlace, Qdisc, QdiscPlace, RedirectFilter } from "./netlink/traffic-control.ts";
export { RtnetlinkVerbs } from "./netlink/verbs.ts";
export { setSuperFrames } from "./offload.ts";
export * from "./packet.ts";
export * from "./packet-ring.ts";
export * from "./pipe.ts";
export { isHungUp, waitReadable, waitWritable } from "./poll.ts";
export { captureLagMs, openRing, type RingKind, ringBytes } from "./ring-socket.ts";
export { SendBatch } from "./send-batch.ts";
export { bindAddress, connectAddress, connectPath, type Transport } from "./socket-address.ts";
export { attachFilter } from "./socket-filter.ts";
export {
  DescriptorReader,
  openSocketPair,
  type Received,
  receiveDescriptor,
  type SocketPair,
  sendDescriptor,
} from "./socket-pair.ts";
export { StreamSocket } from "./stream-socket.ts";
export * from "./sysctl-view.ts";
export * from "./tap.ts";
export * from "./terminal.ts";
