import type { Socket } from "node:net";
import { type CopyCounts, endOfArchive, givenPath } from "../../../archive/index.ts";
import { type GuestAgent, GuestSystem } from "../../../engines/index.ts";
import { labError, NetwrightError } from "../../../topology/index.ts";
import type { FileRequest } from "../porter-request.ts";
import { Client } from "./client.ts";
import { prepareRead, sendArchive } from "./read.ts";
import { prepareWrite, takeArchive } from "./write.ts";

/**
 * Copies from or to a virtual machine, by the agent in the guest: what a porter does in other nodes, the
 * guest's own tar does there, and its paths are the guest's. The archive goes through a file in the guest.
 *
 * @returns when the copy has ended, however it did, and the client knows
 * @throws VM_AGENT_SILENT, COPY_SOURCE_NOT_FOUND, COPY_NO_FOLDER, …: before the copy has begun
 */
export async function transferInGuest(
  node: string,
  request: FileRequest,
  connection: Socket,
  agent: GuestAgent,
): Promise<void> {
  await agent.reach();
  const guest = new GuestSystem(agent);
  const show = (path: string) => `${node}:${path}`;
  const path = givenPath(request.path, "/");
  const client = new Client(connection);
  if (request.do === "read") {
    const source = await prepareRead(guest, path, request.follow, show);
    await begin(guest, client, endOfArchive(), (file) => sendArchive(guest, source, file, client));
  } else {
    const destination = await prepareWrite(guest, path, request.of, show);
    await begin(guest, client, Buffer.alloc(0), (file) =>
      takeArchive(guest, destination, request.owners, file, client),
    );
  }
}

/** Where there is room for an archive, most likely on a disk. Only root may read it. */
const makeFile = `for folder in /var/tmp /tmp /run; do
  [ -d "$folder" ] && mktemp "$folder/netwright-XXXXXX" && exit 0
done
exit 1`;

/** @param before what stands before the report of a failure */
async function begin(
  guest: GuestSystem,
  client: Client,
  before: Uint8Array,
  copy: (file: string) => Promise<CopyCounts>,
): Promise<void> {
  const { exitCode, stdout, stderr } = await guest.script(makeFile);
  if (exitCode !== 0)
    throw labError("COPY_FAILED", { path: "a temporary file in the guest", reason: stderr.trim() || "no folder" });
  const file = stdout.trim();
  client.begin();
  try {
    const result = await copy(file);
    client.report({ type: "done", result });
  } catch (error) {
    client.fail(reportOf(error), before);
  } finally {
    // A guest that has ended has no file any more.
    await guest.run(["rm", "-f", file]).catch(() => undefined);
  }
  await client.end();
}

function reportOf(error: unknown): { code: string; message: string; remedy?: string } {
  if (error instanceof NetwrightError) return error.toReport();
  return { code: "INTERNAL", message: error instanceof Error ? error.message : String(error) };
}
