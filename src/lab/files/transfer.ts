import { spawn } from "node:child_process";
import type { Socket } from "node:net";
import type { Namespace } from "../../kernel/index.ts";
import { programOf } from "../program.ts";
import type { PorterRequest } from "./porter-request.ts";

/**
 * Starts a porter in a node's file system, which answers the client on its own from here on.
 *
 * @param fileSystem not for changes, which the porter packs from outside
 * @returns when the porter has ended
 */
export async function transfer(request: PorterRequest, connection: Socket, fileSystem?: Namespace): Promise<void> {
  const child = spawn(process.execPath, [programOf("lab/files/porter"), JSON.stringify(request)], {
    stdio: [connection, connection, "inherit", fileSystem?.fd ?? "ignore"],
    env: {},
    cwd: "/",
  });
  const { promise: started, resolve, reject } = Promise.withResolvers<void>();
  child.once("spawn", resolve);
  child.once("error", reject);
  await started;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  // The porter has its own descriptors of it now. Closing this one says nothing to the client.
  connection.destroy();
  await ended;
}
