import { describe, expect, it } from "vitest";
import { type PortClass, segmentRules } from "../../src/lab/panel/segment-rules.ts";

const classes = (count: number, jacksEach: number): readonly PortClass[] =>
  Array.from({ length: count }, (_, index) => ({
    jacks: Array.from({ length: jacksEach }, (_, port) => `j${index * jacksEach + port}`),
    macs: [],
  }));
const noPorts = { trunks: [], wires: [], others: [] };
const apart = [
  { from: 0, to: 1 },
  { from: 1, to: 0 },
];

describe("the rules of a partition", () => {
  it("of a small segment are one transaction, which takes the place of the rules before", () => {
    const rules = segmentRules([{ classes: classes(2, 2), blocked: apart }], noPorts, "netwright-b", "netwright-a");
    expect(rules).toHaveLength(1);
    expect(rules[0]).toContain("delete table bridge netwright-a");
    expect(rules[0]).toContain("add rule bridge netwright-b class1 meta mark { 0, 2 } drop");
    expect(rules[0]).toContain('way-out { "j3" : goto class2 }');
  });

  it("of a large one are several, and only the last changes what passes", () => {
    const rules = segmentRules([{ classes: classes(2, 2000), blocked: apart }], noPorts, "netwright-b", "netwright-a");
    expect(rules.length).toBeGreaterThan(2);
    for (const transaction of rules.slice(0, -1)) {
      expect(transaction).not.toContain("hook");
      expect(transaction).not.toContain("netwright-a");
    }
    expect(rules.at(-1)).toContain("delete table bridge netwright-a");
    expect(rules.at(-1)?.match(/hook/g)).toHaveLength(2);
  });

  it("name runs of classes, and know senders behind a wire by their addresses", () => {
    const five = classes(5, 1).map((one, index) => ({ ...one, macs: [`02:00:00:00:00:0${index}`] }));
    const blocked = [0, 1, 2, 4].map((from) => ({ from, to: 3 }));
    const ports = { trunks: ["j90", "j91"], wires: ["j91"], others: ["j92"] };
    const [rules = ""] = segmentRules([{ classes: five, blocked }], ports, "netwright-a", undefined);
    expect(rules).toContain("class4 meta mark { 0, 1-3, 5 } drop");
    expect(rules).toContain("class-of-sender { 02:00:00:00:00:02 : 3 }");
    expect(rules).toContain('iifname { "j91" } meta mark set ether saddr map @class-of-sender');
    for (const jack of ["j90", "j91", "j92"]) expect(rules).toContain(`way-out { "${jack}" : accept }`);
  });
});
