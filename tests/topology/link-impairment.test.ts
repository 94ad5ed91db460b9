import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { presets } from "../../src/topology/impairment/presets.ts";
import type { Lab } from "../../src/topology/model.ts";
import { describeStep, phases, plan, undoOf } from "../../src/topology/plan/index.ts";
import { printLab } from "../../src/topology/print.ts";
import { relatedLabs } from "./arbitrary/related.ts";
import { codesOf, errorsOf, load } from "./lab-text.ts";

const link = (rest: string): string => `name: x\nnodes: {h1: , r1: }\nlinks: [{endpoints: [h1, r1], ${rest}}]\n`;
const only = (lab: Lab): Lab["links"][number] => lab.links[0] as Lab["links"][number];

describe("a link", () => {
  test("impaired in both directions, in one, and in each in its way", () => {
    const both = { delayMs: 20, loss: { uniform: 0.001 } };
    expect(only(load(link("impairment: {delay: 20ms, loss: 0.1%}"))).impairments).toEqual({ ab: both, ba: both });
    expect(only(load(link("impairment: {from: {r1: {delay: 5ms}}}"))).impairments).toEqual({ ba: { delayMs: 5 } });
    expect(
      only(load(link('impairment: {delay: 20ms, from: {h1: {loss: 1%}, "r1:eth0": {delay: 0ms, rate: 1mbit}}}')))
        .impairments,
    ).toEqual({ ab: { delayMs: 20, loss: { uniform: 0.01 } }, ba: { rateBps: 1_000_000 } });
  });

  test("with a preset: its first end is the customer's", () => {
    const { up, down } = presets["4g"];
    expect(only(load(link("impairment: {preset: 4g}"))).impairments).toEqual({ ab: up, ba: down });
    const turned = "impairment: {from: {h1: {preset: 4g down}, r1: {preset: 4g up}}}";
    expect(only(load(link(turned))).impairments).toEqual({ ab: down, ba: up });
  });

  test("with a medium; auto and no impairment are what is there anyway", () => {
    expect(only(load(link("medium: wire"))).medium).toBe("wire");
    expect(only(load(link("medium: kernel"))).medium).toBe("kernel");
    expect(only(load(link("medium: auto, impairment: {delay: 0ms}")))).toEqual(only(load(link("mtu: 1500"))));
  });

  test("with a variable", () => {
    const text = `variables: {lag: 7ms}\n${link("impairment: {delay: '${lag}'}")}`;
    expect(only(load(text)).impairments?.ab).toEqual({ delayMs: 7 });
    expect(only(load(text, { set: { lag: "9ms" } })).impairments?.ba).toEqual({ delayMs: 9 });
  });
});

test("a network: every member alike, and what one member, or the network, sends", () => {
  const lab = load(
    "nodes: {h1: , h2: }\nnetworks: {lan: {members: [h1, h2], medium: wire, impairment: {delay: 1ms, from: {h2: {loss: 1%}, lan: {rate: 1mbit}}}}}",
  );
  const ba = { delayMs: 1, rateBps: 1_000_000 };
  expect(lab.links.map(({ impairments, medium }) => ({ impairments, medium }))).toEqual([
    { impairments: { ab: { delayMs: 1 }, ba }, medium: "wire" },
    { impairments: { ab: { delayMs: 1, loss: { uniform: 0.01 } }, ba }, medium: "wire" },
  ]);
});

describe("what is refused", () => {
  test.each([
    ["impairment: {delay: -1ms}", ["IMPAIRMENT_OUT_OF_RANGE"]],
    ["impairment: {delay: 20}", ["WRONG_VALUE"]],
    ["impairment: {loss: 120%}", ["IMPAIRMENT_OUT_OF_RANGE"]],
    ["impairment: {delay: 1ms, jitter: 2ms}", ["JITTER_ABOVE_DELAY"]],
    ["impairment: {rate: 0mbit}", ["IMPAIRMENT_OUT_OF_RANGE"]],
    ["impairment: {preset: 4q}", ["PRESET_UNKNOWN"]],
    ["impairment: {from: {h2: {delay: 1ms}}}", ["IMPAIRMENT_SENDER_UNKNOWN"]],
    ["impairment: {lag: 1ms}", ["UNKNOWN_KEY"]],
    ["impairment: {loss: {p: 1%}}", ["MISSING_KEY"]],
    ["impairment: 20ms", ["WRONG_VALUE"]],
    ["medium: carrier-pigeon", ["BAD_CHOICE"]],
    ["impairment: {delay: -1ms, from: {h1: {loss: 2}}}", ["WRONG_VALUE", "IMPAIRMENT_OUT_OF_RANGE"]],
  ])("%s", (rest, codes) => {
    expect(codesOf(link(rest)).toSorted()).toEqual(codes.toSorted());
  });

  test("at its place", () => {
    const [error] = errorsOf(link("impairment: {delay: 10ms, from: {r1: {jitter: 11ms}}}"));
    expect(error).toMatchObject({
      code: "JITTER_ABOVE_DELAY",
      at: { line: 3, path: "links[0].impairment.from.r1.jitter" },
    });
  });
});

test("printed and read again it is the same", () => {
  for (const rest of [
    "impairment: {preset: 4g}, medium: wire",
    "impairment: {loss: {p: 1%, r: 25%}, delay: 3ms, jitter: 1ms, distribution: pareto, reorder: {probability: 5%, gap: 3}}",
  ]) {
    const lab = load(link(rest));
    expect(load(printLab(lab))).toEqual(lab);
  }
});

describe("a plan", () => {
  test("changes impairments and medium in one step, without touching the link", () => {
    const before = load(link("impairment: {delay: 20ms}"));
    const after = load(link("impairment: {delay: 30ms, from: {r1: {delay: 20ms}}}, medium: wire"));
    const steps = plan(after, before);
    expect(steps.map(describeStep)).toEqual(["link.impair h1:eth0 — r1:eth0 (→ delay 30ms; medium wire)"]);
    expect(phases(steps).map(({ title, symbol }) => `${symbol} ${title}`)).toEqual(["~ Impair 1 link"]);
    expect(steps.map(undoOf)).toEqual(plan(before, after));
  });

  test("back to nothing", () => {
    const steps = plan(load(link("mtu: 1500")), load(link("impairment: {delay: 20ms}, medium: kernel")));
    expect(steps.map(describeStep)).toEqual(["link.impair h1:eth0 — r1:eth0 (→ none; ← none; medium auto)"]);
  });

  test("of a link that is made anew has it impaired from the start", () => {
    const steps = plan(load(link("mtu: 1400, impairment: {delay: 20ms}")), load(link("mtu: 1500")));
    expect(steps.map((step) => step.do)).not.toContain("link.impair");
    expect(steps).toContainEqual(
      expect.objectContaining({
        do: "link.connect",
        link: expect.objectContaining({ impairments: { ab: { delayMs: 20 }, ba: { delayMs: 20 } } }),
      }),
    );
  });

  test("never connects or disconnects a link for its impairments", () => {
    let impaired = 0;
    fc.assert(
      fc.property(relatedLabs(), ([before, after]) => {
        const bare = (lab: Lab): Lab => ({
          ...lab,
          links: lab.links.map(({ impairments: _, medium: __, ...rest }) => rest),
        });
        const names = (desired: Lab, actual: Lab) =>
          plan(desired, actual).flatMap((step) =>
            step.do === "link.connect" || step.do === "link.disconnect" ? [`${step.do} ${step.link.id}`] : [],
          );
        expect(names(after, before)).toEqual(names(bare(after), bare(before)));
        impaired += plan(after, before).filter((step) => step.do === "link.impair").length;
      }),
      { numRuns: 500 },
    );
    expect(impaired).toBeGreaterThan(0);
  });
});
