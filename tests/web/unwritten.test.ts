import { describe, expect, it } from "vitest";
import { type LinkDefinition, withLink, withoutLink } from "../../src/topology/edit-links.ts";
import { planLines } from "../../src/topology/index.ts";
import { linkChanges } from "../../src/topology/link-changes.ts";
import { plan } from "../../src/topology/plan/index.ts";
import { changesText, withLinks } from "../../web/src/topology/unwritten.ts";
import { load, memory } from "../topology/lab-text.ts";

/** Links that came and went while a lab ran, in its lab file: applied, it changes nothing of what runs. */

const file = `# The shop.
name: shop
nodes:
  h1: { interfaces: { eth0: 10.0.1.1/24, spare: 10.0.7.1/24 } }
  h2: # the till
  s1: { kind: switch }
links:
  - [h1:eth0, h2] # under the floor
`;
const run = (text: string, ...links: readonly LinkDefinition[]) =>
  links.reduce((lab, link) => withLink(lab, link, memory()).lab, load(text));

describe("links that came while a lab ran", () => {
  it.each<[string, string, readonly LinkDefinition[], string]>([
    ["without anything", file, [{ endpoints: ["h1", "h2"] }], "- [h1:spare, h2:eth1]\n"],
    [
      "with addresses",
      file,
      [{ endpoints: ["h1:eth5", "h2"], subnet: ["10.0.9.0/30", "fd00::/64"] }],
      "- { endpoints: [h1:eth5, h2:eth1], subnet: [10.0.9.0/30, fd00::/64] }\n",
    ],
    [
      "to an interface that has an address",
      file,
      [{ endpoints: ["h1", "h2"], subnet: "10.0.7.0/24" }],
      "- { endpoints: [h1:spare, h2:eth1], subnet: 10.0.7.0/24 }\n",
    ],
    [
      "impaired, of another MTU, on a switch",
      file,
      [
        { endpoints: ["h2", "s1"], mtu: 9000, impairment: { preset: "4g" }, medium: "wire" },
        { endpoints: ["h1:eth7", "s1"], subnet: "10.0.8.0/24" },
      ],
      "endpoints: [h1:eth7, s1:p2], subnet: 10.0.8.0/24 }\n",
    ],
    [
      "where the file has defaults",
      `defaults: { mtu: 9000 }\n${file}`,
      [{ endpoints: ["h1:eth4", "h2"] }],
      "- { endpoints: [h1:eth4, h2:eth1], mtu: 1500 }\n",
    ],
    [
      "in a file without links",
      "nodes: { h1: , h2: }\n",
      [{ endpoints: ["h1", "h2"] }],
      "\nlinks:\n  - [h1:eth0, h2:eth0]\n",
    ],
  ])("%s", (_, text, links, written) => {
    const running = run(text, ...links);
    const changes = linkChanges(load(text), running);
    expect(changes.removed).toEqual([]);
    const whole = withLinks(text, changes.added);
    expect(whole).toContain(written);
    expect(planLines(plan(load(whole), running))).toEqual(planLines([]));
    expect(linkChanges(load(whole), running)).toEqual({ added: [], removed: [] });
    if (text === file)
      for (const comment of ["# The shop.", "# the till", "# under the floor"]) expect(whole).toContain(comment);
  });

  it("or went are told, and nothing where nothing differs", () => {
    const lab = load(file);
    expect(linkChanges(lab, lab)).toEqual({ added: [], removed: [] });
    expect(withLinks(file, [])).toBe(file);
    expect(withLinks("nodes: [", [{ endpoints: ["h1", "h2"] }])).toBe("nodes: [");
    expect(changesText({ added: [], removed: [] })).toBeUndefined();
    const gone = linkChanges(lab, withoutLink(lab, "h1:eth0 — h2:eth0"));
    expect(gone).toEqual({ added: [], removed: ["h1:eth0 — h2:eth0"] });
    expect(changesText(gone)).toMatch(/^Removed while the lab ran, .*h1:eth0 — h2:eth0\.$/);
  });
});
