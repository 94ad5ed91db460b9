import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  freeSubordinateStart,
  type IdFacts,
  mapArguments,
  mapText,
  planIdMap,
  ROOT_BASE,
  subordinateRange,
} from "../../src/client/launch/id-map.ts";

/** The map of the machine's own user namespace: every id is itself. */
const everything = "         0          0 4294967295\n";

const ada: IdFacts = {
  uid: 1000,
  gid: 1000,
  userName: "ada",
  subuid: "bob:100000:65536\nada:165536:65536\n",
  subgid: "bob:100000:65536\nada:165536:65536\n",
  helpers: true,
  ownUidMap: everything,
  ownGidMap: everything,
};
const root: IdFacts = { ...ada, uid: 0, gid: 0, userName: "root", subuid: "", subgid: "" };

describe("an ordinary user's map", () => {
  it("has the user as root and the subordinate ids behind it", () => {
    const map = planIdMap(ada);
    expect(map.how).toBe("helpers");
    expect(mapText(map.uid)).toBe("0 1000 1\n1 165536 65536\n");
    expect(mapArguments(map.gid)).toEqual(["0", "1000", "1", "1", "165536", "65536"]);
    expect(map.owner).toBeUndefined();
  });

  it("finds the ids by number as well", () => {
    const map = planIdMap({ ...ada, userName: undefined, subuid: "1000:300000:1000", subgid: "1000:300000:1000" });
    expect(mapText(map.uid)).toBe("0 1000 1\n1 300000 1000\n");
  });

  it("has the user alone without subordinate ids or without the programs that map them", () => {
    for (const facts of [
      { ...ada, subuid: "" },
      { ...ada, subgid: "bob:100000:65536" },
      { ...ada, helpers: false },
    ]) {
      expect(planIdMap(facts)).toEqual({
        how: "direct",
        uid: [{ inside: 0, outside: 1000, count: 1 }],
        gid: [{ inside: 0, outside: 1000, count: 1 }],
        denySetgroups: true,
      });
    }
  });
});

describe("root's map", () => {
  it("lies far above everyone's ids, and its folders belong to its first", () => {
    const map = planIdMap(root);
    expect(map).toEqual({
      how: "direct",
      uid: [{ inside: 0, outside: ROOT_BASE, count: 65_536 }],
      gid: [{ inside: 0, outside: ROOT_BASE, count: 65_536 }],
      denySetgroups: false,
      owner: { uid: ROOT_BASE, gid: ROOT_BASE },
    });
  });

  it("lies where /etc/subuid says", () => {
    const map = planIdMap({ ...root, subuid: "root:500000:65536", subgid: "root:600000:65536" });
    expect(map.owner).toEqual({ uid: 500_000, gid: 600_000 });
  });

  it("takes the upper half of what root of a small container has", () => {
    const map = planIdMap({ ...root, ownUidMap: "0 100000 65536", ownGidMap: "0 100000 65536" });
    expect(mapText(map.uid)).toBe("0 32768 32768\n");
  });

  it("is root alone where there is no other id, which is not the machine's root", () => {
    const map = planIdMap({ ...root, ownUidMap: "0 1000 1", ownGidMap: "0 1000 1" });
    expect(mapText(map.uid)).toBe("0 0 1\n");
    expect(map.owner).toBeUndefined();
  });
});

describe("every map", () => {
  const id = fc.integer({ min: 0, max: 4_000_000_000 });
  const line = fc
    .tuple(fc.constantFrom("ada", "root", "1000", "0", "bob"), id, fc.integer({ min: -5, max: 70_000 }))
    .map((fields) => fields.join(":"));
  const table = fc.array(fc.oneof(line, fc.string()), { maxLength: 5 }).map((lines) => lines.join("\n"));
  const facts = fc.record({
    uid: fc.constantFrom(0, 1000),
    gid: fc.constantFrom(0, 1000),
    userName: fc.constantFrom("ada", "root", undefined),
    subuid: table,
    subgid: table,
    helpers: fc.boolean(),
    ownUidMap: fc.constantFrom(everything, "0 100000 65536", "0 1000 1"),
    ownGidMap: fc.constantFrom(everything, "0 100000 65536", "0 1000 1"),
  });

  it("begins with id 0, repeats none, and has at most 65,537", () => {
    fc.assert(
      fc.property(facts, (one) => {
        const map = planIdMap(one);
        for (const ranges of [map.uid, map.gid]) {
          let next = 0;
          for (const { inside, count } of ranges) {
            expect(inside).toBe(next);
            expect(count).toBeGreaterThan(0);
            next = inside + count;
          }
          expect(next).toBeLessThanOrEqual(65_537);
        }
      }),
    );
  });

  it("never gives a lab of the machine's root the machine's root", () => {
    fc.assert(
      fc.property(facts, (one) => {
        fc.pre(!/^0:|^root:/m.test(`${one.subuid}\n${one.subgid}`));
        const map = planIdMap({ ...one, uid: 0, gid: 0, ownUidMap: everything, ownGidMap: everything });
        for (const { outside } of [...map.uid, ...map.gid]) expect(outside).toBeGreaterThan(0);
      }),
    );
  });
});

describe("tables of subordinate ids", () => {
  it("give the widest of a user's ranges", () => {
    expect(subordinateRange("ada:1:10\nada:100:20\nada:x:99\n", { userName: "ada", uid: 7 })).toEqual({
      start: 100,
      count: 20,
    });
  });

  it("tell where the next range can begin", () => {
    expect(freeSubordinateStart("", "")).toBe(100_000);
    expect(freeSubordinateStart("a:100000:65536\n", "b:165536:65536\nrubbish\n")).toBe(231_072);
  });
});
