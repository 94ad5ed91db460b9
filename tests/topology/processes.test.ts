import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NetwrightError } from "../../src/topology/errors/error.ts";
import type { Process } from "../../src/topology/model.ts";
import { nearest } from "../../src/topology/nearest.ts";
import { startOrder } from "../../src/topology/order.ts";
import { selectProcesses } from "../../src/topology/selection.ts";
import { arbitraryLab } from "./arbitrary/lab.ts";

const process = (name: string, after: readonly string[] = [], tags: readonly string[] = []): Process => ({
  name,
  node: "a",
  command: { argv: ["true"] },
  environment: {},
  after: after.map((other) => ({ process: other, condition: "started" })),
  restart: "no",
  tags,
  stopSignal: "SIGTERM",
  graceMs: 1000,
});
const names = (processes: readonly Process[]) => processes.map(({ name }) => name);

describe("startOrder", () => {
  test("keeps the order of the file where nothing depends", () => {
    expect(names(startOrder([process("c"), process("a"), process("b")]))).toEqual(["c", "a", "b"]);
  });

  test("puts every process after those it comes after, and loses none", () => {
    fc.assert(
      fc.property(arbitraryLab(), ({ processes }) => {
        const order = names(startOrder(processes));
        expect(order.toSorted()).toEqual(names(processes).toSorted());
        for (const { name, after } of processes) {
          for (const dependency of after) expect(order.indexOf(dependency.process)).toBeLessThan(order.indexOf(name));
        }
      }),
    );
  });

  test("ends, with every process once, when they depend in a circle or on one that is not there", () => {
    const circle = [process("a", ["b"]), process("b", ["c"]), process("c", ["a", "nowhere"]), process("d", ["d"])];
    expect(names(startOrder(circle)).toSorted()).toEqual(["a", "b", "c", "d"]);
  });

  test("takes a chain longer than the call stack", () => {
    const chain = Array.from({ length: 50_000 }, (_, index) =>
      process(`p${index}`, index < 49_999 ? [`p${index + 1}`] : []),
    );
    expect(startOrder(chain)[0]?.name).toBe("p49999");
  });
});

describe("selectProcesses", () => {
  const all = [
    process("web", [], ["server"]),
    process("db", [], ["server", "slow"]),
    process("client", ["web"]),
    process("report", ["client", "db"]),
    process("noise", [], ["slow"]),
  ];
  const error = (only: readonly string[]) => {
    try {
      selectProcesses(all, { only });
    } catch (caught) {
      if (caught instanceof NetwrightError) return caught;
    }
    throw new Error("nothing was thrown");
  };

  test("takes all when nothing is asked", () => {
    expect(selectProcesses(all, {})).toEqual(all);
  });

  test("takes by name or tag", () => {
    expect(names(selectProcesses(all, { only: ["noise", "server"] }))).toEqual(["web", "db", "noise"]);
  });

  test("takes what the chosen ones come after, and what those come after", () => {
    expect(names(selectProcesses(all, { only: ["report"] }))).toEqual(["web", "db", "client", "report"]);
  });

  test("excludes even what others come after; they do not wait for it", () => {
    const chosen = selectProcesses(all, { only: ["report"], exclude: ["slow"] });
    expect(names(chosen)).toEqual(["web", "client", "report"]);
    expect(chosen.at(-1)?.after.map((dependency) => dependency.process)).toEqual(["client"]);
  });

  test("does not take what only an excluded process comes after", () => {
    expect(names(selectProcesses(all, { only: ["report"], exclude: ["client"] }))).toEqual(["db", "report"]);
  });

  test("names the nearest word for one that is unknown", () => {
    expect(error(["clinet"])).toMatchObject({ code: "PROCESS_NOT_FOUND", remedy: 'Did you mean "client"?' });
    expect(error(["xyzzy"]).remedy).toBe("There are: web, server, db, slow, client, report, noise.");
  });
});

describe("nearest", () => {
  test.each([
    ["intefaces", "interfaces"],
    ["Kind", "kind"],
    ["nodse", "nodes"],
    ["link", "links"],
    ["zzz", undefined],
    ["x", undefined],
  ])("%s → %s", (word, expected) => {
    expect(nearest(word, ["nodes", "links", "kind", "interfaces", "name"])).toBe(expected);
  });

  test("finds any word that one letter was dropped from", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{3,12}$/), fc.nat(), (word, position) => {
        const cut = position % word.length;
        expect(nearest(word.slice(0, cut) + word.slice(cut + 1), ["-----", word])).toBe(word);
      }),
    );
  });
});
