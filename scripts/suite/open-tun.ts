import { chmodSync, existsSync, statSync } from "node:fs";

const device = "/dev/net/tun";
const forEveryone = 0o666;

/**
 * Lets every user open /dev/net/tun for as long as the suite runs, as distributions do by themselves (a
 * rule of udev's) and some containers do not: the tests of virtual machines need no more than that.
 *
 * @returns what gives it its mode back
 */
export function openTun(): Disposable {
  const mode = existsSync(device) ? statSync(device).mode & 0o777 : forEveryone;
  if (mode === forEveryone) return { [Symbol.dispose]: () => {} };
  chmodSync(device, forEveryone);
  return { [Symbol.dispose]: () => chmodSync(device, mode) };
}
