import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import type { Entrance } from "./entrance.ts";
import type { OwnPodman } from "./find.ts";
import { engineSettings, ownView, storageSettings } from "./settings.ts";

/** What an engine's API takes a name to mean: Docker's, if it says no registry. Podman's own command line takes others too. */
function fullName(image: string): string {
  const [first = "", ...others] = image.split("/");
  if (others.length === 0) return `docker.io/library/${image}`;
  return /[.:]/.test(first) || first === "localhost" ? image : `docker.io/${image}`;
}

/**
 * Has the user's own images looked for, and got, by Podman: in the user's own store, with the ids that it
 * has there, and with nothing else of the user's Podman touched.
 *
 * @param pull as in the lab file
 * @returns what Podman said, when there is no such image and none could be got
 */
export async function ensureOwnImage(
  own: OwnPodman,
  image: string,
  pull: "always" | "missing" | "never",
  entrance: Entrance,
): Promise<string | undefined> {
  const isThere = '"$podman" image exists "$image"';
  const get = '"$podman" pull --quiet "$image" >/dev/null';
  const verdict = { always: get, missing: `${isThere} || ${get}`, never: isThere }[pull];
  const script = `${ownView}podman=$1 image=$2; ${verdict}`;
  const settings = [engineSettings(own, "images"), storageSettings(own, "images")];
  const child = spawn(
    "nsenter",
    [
      ...entrance.argv,
      ...["unshare", "--mount", "sh", "-c", script, "netwright", ...settings, own.podman, fullName(image)],
    ],
    {
      stdio: ["ignore", "ignore", "pipe", entrance.fd],
      env: entrance.environment,
      signal: entrance.signal,
      killSignal: "SIGKILL",
    },
  );
  const ended = once(child, "close") as Promise<[number | null]>;
  const [said, [status]] = await Promise.all([child.stderr === null ? "" : text(child.stderr), ended]);
  if (status === 0) return undefined;
  const reason = said.trim().split("\n").at(-1) ?? "";
  return reason === "" ? "your Podman has none of that name" : reason.replace(/^Error: /, "");
}
