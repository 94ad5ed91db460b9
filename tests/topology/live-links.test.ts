import { describe, expect, it } from "vitest";
import { type LinkDefinition, withLink, withoutLink } from "../../src/topology/edit-links.ts";
import type { Lab } from "../../src/topology/index.ts";
import { liveLinks, withLiveLinks } from "../../src/topology/live-links.ts";
import { load, memory } from "./lab-text.ts";

const file = `name: shop
nodes:
  h1: { interfaces: { eth0: 10.0.1.1/24, spare: 10.0.7.1/24 } }
  h2: { mounts: [{ source: /srv, target: /data }] }
  r1: { kind: router, routing: ospf }
  s1: { kind: switch }
  vm: { kind: appliance, image: disk.qcow2 }
  fw: { kind: firewall, interfaces: { eth0: 10.0.4.1/24 }, policy: drop }
links:
  - [h1:eth0, h2]
  - [h2:eth1, s1]
  - { endpoints: [r1, h2:eth2], subnet: 10.0.2.0/30 }
`;
const files = { "/labs/demo/disk.qcow2": "", "/srv/": "" };
const reader = memory(files);
const add =
  (...links: readonly LinkDefinition[]) =>
  (lab: Lab) =>
    links.reduce((before, link) => withLink(before, link, reader).lab, lab);
const remove =
  (...ids: readonly string[]) =>
  (lab: Lab) =>
    ids.reduce(withoutLink, lab);

describe("links that came and went while a lab ran", () => {
  it.each<[string, ((lab: Lab) => Lab)[]]>([
    ["one without addresses", [add({ endpoints: ["h1", "h2"] })]],
    ["with addresses of both families", [add({ endpoints: ["h1:eth5", "h2"], subnet: ["10.0.9.0/30", "fd00::/64"] })]],
    [
      "one that has gone, whose cards stay, and another",
      [
        add({ endpoints: ["h1:a", "h2:a"], subnet: "10.0.9.0/24" }),
        remove("h1:a — h2:a"),
        add({ endpoints: ["h1:b", "h2:b"], subnet: "10.0.10.0/24" }),
      ],
    ],
    ["cards alone", [add({ endpoints: ["h1:a", "h2:a"], subnet: "10.0.9.0/24" }), remove("h1:a — h2:a")]],
    [
      "impaired, on a switch, of another MTU, to a virtual machine and a router with routing",
      [
        add(
          { endpoints: ["vm", "s1"], mtu: 9000, impairment: { preset: "4g" }, medium: "wire" },
          { endpoints: ["r1", "h1"], subnet: "10.0.8.0/30", impairment: { from: { r1: { loss: "1%" } } } },
          { endpoints: ["fw:eth7", "s1"] },
        ),
      ],
    ],
    ["one of the file taken away, with its port", [remove("h2:eth1 — s1:p1")]],
    ["moved to where another was", [remove("h1:eth0 — h2:eth0"), add({ endpoints: ["h1:eth0", "s1"], mtu: 1400 })]],
  ])("are there again: %s", (_, changes) => {
    const before = load(file, { files });
    const running = changes.reduce((lab, change) => change(lab), before);
    const kept = JSON.parse(JSON.stringify(liveLinks(before, running)));
    const again = withLiveLinks(before, kept, reader);
    const sorted = (lab: Lab) => ({
      ...lab,
      nodes: lab.nodes.map((node) => ({
        ...node,
        interfaces: node.interfaces.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      })),
      links: lab.links.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    });
    expect(sorted(again)).toEqual(sorted(running));
    // What it is the next time is no other.
    expect(liveLinks(before, again)).toEqual(kept);
  });

  it("are none where nothing has changed", () => {
    const lab = load(file, { files });
    expect(liveLinks(lab, lab)).toBeUndefined();
  });
});
