import { closeSync } from "node:fs";
import { KernelError } from "./errno.ts";
import { FrameFile } from "./frame-file.ts";
import { addressOf, check, libc, pinned } from "./libc.ts";
import { inNamespaces, type Namespace } from "./namespaces.ts";
import { SO_RCVBUF, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_RAW, SOL_SOCKET, setOption } from "./sockets.ts";

/** packet(7), linux/if_packet.h, linux/if_ether.h. */
const AF_PACKET = 17;
const SOL_PACKET = 263;
const PACKET_AUXDATA = 8;
const PACKET_IGNORE_OUTGOING = 23;
const ETH_P_ALL = 0x0003;
const ETH_P_8021Q = 0x8100;
const TP_STATUS_VLAN_VALID = 0x10;
const TP_STATUS_VLAN_TPID_VALID = 0x40;

const MSG_TRUNC = 0x20;
const EMSGSIZE = 90;
/** The longest frame a Linux link carries, offload included, with room for headers and a tag. */
const frameBytes = 65_536 + 64;
/** Destination and source address; the VLAN tag is behind them. */
const addressesBytes = 12;
const vlanTagBytes = 4;

export type PacketSocketOptions = {
  readonly ifindex: number;
  /** Do not receive what this machine sends out of the interface. */
  readonly ignoreOutgoing?: boolean;
  /** Of the receive buffer, as far as net.core.rmem_max allows. */
  readonly receiveBufferBytes?: number;
};

/** Sends and receives whole Ethernet frames on one interface, as they are on the wire (without the frame check sequence). */
export class PacketSocket extends FrameFile {
  readonly #frame = pinned(frameBytes);
  readonly #control = pinned(64);
  readonly #header = pinned(56);
  readonly #vector = pinned(16);

  private constructor(fd: number) {
    super(fd, "receive frame");
    this.#vector.writeBigUInt64LE(addressOf(this.#frame), 0);
    this.#vector.writeBigUInt64LE(BigInt(this.#frame.length), 8);
    // struct msghdr: name and its length, vector and its length, control and its length, flags.
    this.#header.writeBigUInt64LE(addressOf(this.#vector), 16);
    this.#header.writeBigUInt64LE(1n, 24);
    this.#header.writeBigUInt64LE(addressOf(this.#control), 32);
  }

  /** In the network namespace this thread is in now. @throws {KernelError} */
  static open(options: PacketSocketOptions): PacketSocket {
    // Protocol 0 until it is bound: it would receive the frames of every interface in between.
    const fd = check("socket AF_PACKET", libc.socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    try {
      const on = Buffer.of(1, 0, 0, 0);
      setOption(fd, SOL_PACKET, PACKET_AUXDATA, on);
      if (options.ignoreOutgoing) setOption(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, on);
      if (options.receiveBufferBytes !== undefined) {
        const bytes = Buffer.alloc(4);
        bytes.writeUInt32LE(options.receiveBufferBytes);
        setOption(fd, SOL_SOCKET, SO_RCVBUF, bytes);
      }
      // struct sockaddr_ll: family u16, protocol u16 in network byte order, ifindex i32, 12 bytes that bind ignores.
      const address = Buffer.alloc(20);
      address.writeUInt16LE(AF_PACKET, 0);
      address.writeUInt16BE(ETH_P_ALL, 2);
      address.writeInt32LE(options.ifindex, 4);
      check(`bind to interface ${options.ifindex}`, libc.bind(fd, address, address.length));
      return new PacketSocket(fd);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  static openIn(namespace: Namespace, options: PacketSocketOptions): PacketSocket {
    return inNamespaces([namespace], () => PacketSocket.open(options));
  }

  /** @throws {KernelError} EMSGSIZE when the frame is longer than the MTU, ENETDOWN when the interface is down, ENOBUFS when it was dropped */
  send(frame: Uint8Array): void {
    check("send frame", libc.send(this.fd, frame, frame.length, 0));
  }

  /** With its VLAN tag where it was: the kernel takes it out on reception and says so beside the frame. */
  protected override takeFrame(): Buffer | undefined {
    this.#header.writeBigUInt64LE(BigInt(this.#control.length), 40);
    const length = libc.recvmsg(this.fd, this.#header, MSG_TRUNC);
    if (length > this.#frame.length) throw new KernelError("receive frame", EMSGSIZE, `a frame of ${length} bytes`);
    return length < 0 ? undefined : this.#withVlanTag(length);
  }

  #withVlanTag(length: number): Buffer {
    const received = this.#frame.subarray(0, length);
    const tag = this.#vlanTag();
    if (tag === undefined || length < addressesBytes) return Buffer.from(received);
    const frame = Buffer.allocUnsafe(length + vlanTagBytes);
    received.copy(frame, 0, 0, addressesBytes);
    frame.writeUInt16BE(tag.protocol, addressesBytes);
    frame.writeUInt16BE(tag.control, addressesBytes + 2);
    received.copy(frame, addressesBytes + vlanTagBytes, addressesBytes);
    return frame;
  }

  /** struct cmsghdr (length u64, level i32, type i32) and in it struct tpacket_auxdata: status, len, snaplen u32, mac, net, vlan_tci, vlan_tpid u16. */
  #vlanTag(): { readonly protocol: number; readonly control: number } | undefined {
    const control = this.#control;
    if (Number(this.#header.readBigUInt64LE(40)) < 36) return undefined;
    if (control.readInt32LE(8) !== SOL_PACKET || control.readInt32LE(12) !== PACKET_AUXDATA) return undefined;
    const status = control.readUInt32LE(16);
    if ((status & TP_STATUS_VLAN_VALID) === 0) return undefined;
    return {
      protocol: (status & TP_STATUS_VLAN_TPID_VALID) === 0 ? ETH_P_8021Q : control.readUInt16LE(34),
      control: control.readUInt16LE(32),
    };
  }
}
