import { existsSync, mkdtempSync, readdirSync } from "node:fs";
import { mkdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LabRecord } from "../../src/api/launch.ts";
import { claim, removeClaimed, tokenOf } from "../../src/client/registry/claim.ts";
import { findLab, registeredLabs } from "../../src/client/registry/find.ts";
import { collectGarbage, removeIfDead } from "../../src/client/registry/list.ts";
import { thisProcess } from "../../src/client/registry/owner.ts";

let folder = "";
const at = () => ({ runtime: folder, state: `${folder}-state`, cache: `${folder}-cache` });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "netwright-test-claim-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const alive = thisProcess();
/** No process has this pid and start time at once. */
const dead = { pid: alive.pid, startTime: "1" };

const record = (name: string, owner = alive): LabRecord => ({
  name,
  digest: "d",
  startedAt: "2026-01-01T00:00:00.000Z",
  ownerPid: owner.pid,
  ownerStartTime: owner.startTime,
  version: "1",
});

describe("claiming a name", () => {
  it("succeeds for exactly one of many at once, and leaves nothing of the others", async () => {
    const claims = await Promise.all(Array.from({ length: 50 }, () => claim(folder, record("lab"))));
    expect(claims.filter((one) => one !== undefined)).toHaveLength(1);
    expect(readdirSync(folder)).toEqual(["lab"]);
  });

  it("is for one name only", async () => {
    await Promise.all(["a", "b", "c"].map((name) => claim(folder, record(name))));
    expect((await registeredLabs(at())).map(({ name }) => name)).toEqual(["a", "b", "c"]);
  });

  it("can be given back", async () => {
    const first = await claim(folder, record("lab"));
    await first?.release();
    expect(readdirSync(folder)).toEqual([]);
    expect(await claim(folder, record("lab"))).toBeDefined();
  });

  it("does not give back what is another's by now", async () => {
    const first = await claim(folder, record("lab"));
    await first?.release();
    await claim(folder, record("lab"));
    await first?.release();
    expect(findLab(at(), "lab")).toBeDefined();
  });

  it("is handed over whole", async () => {
    const claimed = await claim(folder, record("lab", dead));
    expect(findLab(at(), "lab")).toBeUndefined();
    await claimed?.handOver(alive);
    expect(findLab(at(), "lab")?.record).toEqual(record("lab"));
  });

  it("refuses names whose socket's path the kernel would not take", async () => {
    await expect(claim(folder, record("x".repeat(63)))).resolves.toBeDefined();
    const deep = join(folder, "y".repeat(60));
    await mkdir(deep);
    await expect(claim(deep, record("x".repeat(63)))).rejects.toMatchObject({
      code: "SOCKET_PATH_TOO_LONG",
      exitCode: 3,
    });
  });
});

describe("dead labs", () => {
  it("are not found, and are removed by exactly one of many who see them", async () => {
    await claim(folder, record("gone", dead));
    await claim(folder, record("here"));
    expect(findLab(at(), "gone")).toBeUndefined();
    const removals = await Promise.all(Array.from({ length: 20 }, () => removeIfDead(at(), "gone")));
    expect(removals.filter((removed) => removed)).toHaveLength(1);
    expect(readdirSync(folder)).toEqual(["here"]);
  });

  it("are never mistaken for a lab that took the name meanwhile", async () => {
    const first = await claim(folder, record("lab", dead));
    const token = await tokenOf(`${folder}/lab`);
    await first?.release();
    await claim(folder, record("lab"));
    expect(await removeClaimed(`${folder}/lab`, token ?? "")).toBe(false);
    expect(findLab(at(), "lab")).toBeDefined();
  });

  it("can be claimed and removed by many at once without a live one being lost", async () => {
    for (let round = 0; round < 20; round++) {
      await claim(folder, record("lab", dead));
      const results = await Promise.all(
        Array.from({ length: 10 }, async () => {
          await removeIfDead(at(), "lab");
          return claim(folder, record("lab"));
        }),
      );
      const winners = results.filter((one) => one !== undefined);
      expect(winners).toHaveLength(1);
      expect(findLab(at(), "lab")).toBeDefined();
      await winners[0]?.release();
    }
  });
});

describe("garbage", () => {
  it("is what dead labs, dead claims and dead removers left", async () => {
    await claim(folder, record("dead", dead));
    await claim(folder, record("alive"));
    await mkdir(`${folder}/.claim-4194305-abcdef`);
    await mkdir(`${folder}/.claim-${process.pid}-abcdef`);
    await mkdir(`${folder}/.gone-4194305-abcdef`);
    await mkdir(`${folder}/half-removed`);
    await writeFile(`${folder}/half-removed/removing.4194305`, "");
    await mkdir(`${folder}/being-removed`);
    await writeFile(`${folder}/being-removed/removing.${process.pid}-ab`, "");
    await mkdir(`${folder}/old-rest/sandbox`, { recursive: true });
    await utimes(`${folder}/old-rest`, 1, 1);
    expect([...(await collectGarbage(at()))].sort()).toEqual(["dead", "half-removed", "old-rest"]);
    expect(readdirSync(folder).sort()).toEqual([`.claim-${process.pid}-abcdef`, "alive", "being-removed"]);
  });

  it("is not collected where there is no folder", async () => {
    const nowhere = { runtime: `${folder}/nowhere`, state: "", cache: "" };
    expect(await collectGarbage(nowhere)).toEqual([]);
    expect(existsSync(nowhere.runtime)).toBe(false);
  });

  it("is a record that is none, once its folder is a claim's", async () => {
    await claim(folder, record("broken"));
    await writeFile(`${folder}/broken/lab.json`, "{");
    expect(await collectGarbage(at())).toEqual(["broken"]);
  });
});
