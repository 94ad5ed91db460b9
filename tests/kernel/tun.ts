import { accessSync, constants } from "node:fs";

/** Why this user can make no taps, which takes no more than an open /dev/net/tun; undefined when they can. */
export function closedTun(): string | undefined {
  try {
    accessSync("/dev/net/tun", constants.R_OK | constants.W_OK);
    return undefined;
  } catch {
    return "/dev/net/tun is closed to this user";
  }
}
