import { closeSync, constants, openSync } from "node:fs";
import { KernelError } from "./errno.ts";
import { FrameFile } from "./frame-file.ts";
import { check, lastErrno, libc, pinned } from "./libc.ts";

/** linux/if_tun.h. */
const TUNSETIFF = 0x400454ca;
const TUNSETIFINDEX = 0x400454da;
const TUNGETIFF = 0x800454d2;
const TUNGETVNETHDRSZ = 0x800454d7;
const IFF_TAP = 0x0002;
const IFF_NO_PI = 0x1000;
const IFF_VNET_HDR = 0x4000;
const IFF_TUN_EXCL = 0x8000;

const nameBytes = 16;
/** The longest super-frame and its vnet header. */
const frameBytes = 65_536 + 64;

export type TapOptions = {
  readonly name: string;
  /** Every frame is read and written behind a struct virtio_net_hdr of 10 bytes, so that offload frames stay whole (linux/virtio_net.h). */
  readonly vnetHeader?: boolean;
  /** The kernel's choice when absent. */
  readonly ifindex?: number;
};

/** An interface whose other end is a file descriptor: what is written to it arrives at the interface. It goes when it is closed. */
export class Tap extends FrameFile {
  readonly name: string;
  readonly #frame = pinned(frameBytes);

  private constructor(fd: number, name: string) {
    super(fd, `read from tap ${name}`);
    this.name = name;
  }

  /** Creates the interface, down, in the network namespace this thread is in now. @throws {KernelError} EBUSY when the name is taken */
  static open({ name, vnetHeader, ifindex }: TapOptions): Tap {
    const fd = openSync("/dev/net/tun", constants.O_RDWR | constants.O_NONBLOCK);
    try {
      if (Buffer.byteLength(name) >= nameBytes)
        throw new KernelError(`tap ${name}`, 22, "the name is longer than 15 bytes");
      if (ifindex !== undefined) {
        const number = pinned(4);
        number.writeUInt32LE(ifindex, 0);
        check(`tap ${name}`, libc.ioctl(fd, TUNSETIFINDEX, number));
      }
      // struct ifreq: name, flags u16, padding.
      const request = pinned(40);
      request.write(name, 0);
      request.writeUInt16LE(IFF_TAP | IFF_NO_PI | IFF_TUN_EXCL | (vnetHeader ? IFF_VNET_HDR : 0), nameBytes);
      check(`tap ${name}`, libc.ioctl(fd, TUNSETIFF, request));
      return new Tap(fd, name);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** @throws {KernelError} EIO when the interface is down */
  send(frame: Uint8Array): void {
    check(`write to tap ${this.name}`, libc.write(this.fd, frame, frame.length));
  }

  protected override takeFrame(): Buffer | undefined {
    const length = libc.read(this.fd, this.#frame, this.#frame.length);
    return length < 0 ? undefined : Buffer.from(this.#frame.subarray(0, length));
  }
}

/**
 * How many bytes of a struct virtio_net_hdr stand in front of each frame that is written to a tap: 0
 * where there is none. Whoever else has the file open may have changed that (QEMU does).
 *
 * @param fd of a tap
 */
export function tapHeaderBytes(fd: number): number {
  const request = pinned(40);
  check("TUNGETIFF", libc.ioctl(fd, TUNGETIFF, request));
  if ((request.readUInt16LE(nameBytes) & IFF_VNET_HDR) === 0) return 0;
  const size = pinned(4);
  check("TUNGETVNETHDRSZ", libc.ioctl(fd, TUNGETVNETHDRSZ, size));
  return size.readInt32LE(0);
}

/**
 * Writes a frame, behind its header, to a tap by its file descriptor.
 *
 * @returns the error number made negative when it is refused: EIO when the interface is down
 */
export function writeTap(fd: number, frame: Uint8Array): number {
  const written = libc.write(fd, frame, frame.length);
  return written < 0 ? -lastErrno() : written;
}
