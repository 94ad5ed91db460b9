import { describe, expect, it } from "vitest";
import { findLink } from "../../src/topology/find-link.ts";
import { linkId } from "../../src/topology/index.ts";

const link = (a: readonly [string, string], b: readonly [string, string]) => {
  const ends = { a: { node: a[0], interface: a[1] }, b: { node: b[0], interface: b[1] } };
  return { id: linkId(ends.a, ends.b), ...ends };
};
const links = [
  link(["r1", "eth0"], ["r2", "eth0"]),
  link(["r1", "eth1"], ["r2", "eth1"]),
  link(["r2", "eth2"], ["h1", "eth0"]),
];
const find = (...words: string[]) => findLink("lab", links, words);

describe("findLink", () => {
  it.each([
    ["its id", "r1:eth0 — r2:eth0", ["r1:eth0 — r2:eth0"]],
    ["its id typed with hyphens", "r1:eth0 — r2:eth0", ["r1:eth0", "--", "r2:eth0"]],
    ["one of its interfaces", "r1:eth1 — r2:eth1", ["r2:eth1"]],
    ["the nodes it joins, in either order", "r2:eth2 — h1:eth0", ["h1", "r2"]],
    ["a node and an interface", "r1:eth1 — r2:eth1", ["r2", "r1:eth1"]],
  ])("finds a link by %s", (_, id, words) => {
    expect(find(...words)).toBe(id);
  });

  it("names the candidates when it could be several", () => {
    expect(() => find("r1", "r2")).toThrow(
      expect.objectContaining({ code: "LINK_AMBIGUOUS", message: expect.stringContaining("r1:eth1 — r2:eth1") }),
    );
  });

  it("suggests what is near when there is none", () => {
    expect(() => find("r1:eht1")).toThrow(
      expect.objectContaining({ code: "LINK_NOT_FOUND", remedy: 'Did you mean "r1:eth1"?' }),
    );
    for (const words of [["r1"], ["r1", "h1"], ["r1", "r2", "h1"], [""]])
      expect(() => find(...words)).toThrow(expect.objectContaining({ code: "LINK_NOT_FOUND" }));
  });
});
