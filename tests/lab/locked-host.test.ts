import { execFile } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { showHost } from "../../src/client/launch/locked-host.ts";
import { openFolder } from "./running-lab.ts";

const run = promisify(execFile);

it("shows the host with all its mounts, odd names too, so that a namespace further in cannot write to it", async () => {
  const folder = await openFolder("locked");
  try {
    for (const name of ["view", "a b\\c\n"]) await mkdir(`${folder}/${name}`);
    const mounted = 'mount -t tmpfs -o nosuid,nodev,noatime none "$0" && exec "$@"';
    const within = [
      'for at in "$1$2" "$1$3"; do',
      '  ! touch "$at/x" 2>/dev/null || echo "wrote to $at"',
      '  ! mount -o remount,bind,rw none "$at" 2>/dev/null || echo "made $at writable"',
      '  ! umount "$at" 2>/dev/null || echo "unmounted $at"',
      "done",
      'touch "$2/x" "$3/x" && ls "$1$2/x" "$1$3/x"',
    ].join("\n");
    const [view, plain, odd] = [`${folder}/view`, folder, `${folder}/a b\\c\n`];
    const argv = [
      ...["--user", "--map-root-user", "--mount", "sh", "-c", mounted, odd],
      ...["sh", "-c", showHost, "netwright", view],
      ...["unshare", "--user", "--map-root-user", "--mount"],
      ...["sh", "-c", within, "netwright", view, plain, odd],
    ];
    const { stdout } = await run("unshare", argv, { timeout: 60_000 });
    expect(stdout).not.toMatch(/wrote|made|unmounted/);
    for (const at of [plain, odd]) expect(stdout).toContain(`${view}${at}/x`);
  } finally {
    await rm(folder, { recursive: true });
  }
});
