import { join } from "node:path";
import { fetchPackages } from "../../appliances/image/debian.ts";
import { fetchKernel, type Kernel } from "../../appliances/image/kernel.ts";

/** Debian's cloud kernel with its modules, and a busybox that needs no libraries. */
export type GuestKernel = Kernel & { readonly busybox: string };

/** Downloads them once, and keeps them in build/debian. @throws when apt cannot get them */
export function guestKernel(): GuestKernel {
  const [busybox] = fetchPackages(["busybox-static"]);
  return { ...fetchKernel("linux-image-cloud-amd64"), busybox: join(busybox?.folder ?? "", "bin/busybox") };
}
