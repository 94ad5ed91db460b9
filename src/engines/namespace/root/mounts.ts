import { realpathSync } from "node:fs";
import { bindMount } from "../../../kernel/index.ts";
import type { Mount } from "../../../topology/index.ts";

/**
 * Shows a folder or file of the host in a node. What nodes may not write to comes from where not even their
 * root can make it writable again, which it could do to a mount made read-only in here.
 *
 * @param target where it goes, there already
 * @param host where the whole host is seen so (`showHost` of the client)
 * @throws {KernelError}
 */
export function mountOfHost(
  { source, readOnly }: Pick<Mount, "source" | "readOnly">,
  target: string,
  host: string,
): void {
  // A link in the path would lead out of that view.
  bindMount(readOnly ? `${host}${realpathSync(source)}` : source, target, { recursive: true, readOnly });
}
