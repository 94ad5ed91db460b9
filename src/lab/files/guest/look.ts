import type { GuestSystem } from "../../../engines/index.ts";
import { labError } from "../../../topology/index.ts";

/** What a path of the guest is, and the path without the links in it. */
export type Place = {
  readonly is: "folder" | "other" | "nothing";
  readonly isLink: boolean;
  /** As far as it can be told. */
  readonly real: string;
};

/** Of one path; its name may have any character in it, and the real path stands last. */
const looking = `if [ -d "$1" ]; then is=folder; elif [ -e "$1" ]; then is=other; else is=nothing; fi
if [ -L "$1" ]; then link=link; else link=plain; fi
echo "$is $link"
readlink -f "$1" || true`;

/** @param show for the error. @throws COPY_FAILED when the guest cannot look */
export async function lookAt(guest: GuestSystem, path: string, show: (path: string) => string): Promise<Place> {
  const { exitCode, stdout, stderr } = await guest.script(looking, path);
  const [, is, link, real = ""] = /^(folder|other|nothing) (link|plain)\n(.*)$/s.exec(stdout) ?? [];
  if (exitCode !== 0 || is === undefined)
    throw labError("COPY_FAILED", { path: show(path), reason: stderr.trim() || `its shell ended with ${exitCode}` });
  return { is: is as Place["is"], isLink: link === "link", real: real.replace(/\n$/, "") || path };
}

/** For a report: how tar ended, with its last words. */
export const saying = ({ exitCode, stderr }: { readonly exitCode: number; readonly stderr: string }): string =>
  `the guest's tar ended with exit code ${exitCode}: ${stderr.trim().split("\n").at(-1) ?? ""}`;
