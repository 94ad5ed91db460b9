import * as z from "zod";
import { choice, flag, map, mapOf, text, wholeNumber } from "./form.ts";

/** Impairments and media of links. What the texts say is read later, where a message can say more. */

const share = () => text("a share in percent such as 0.1%");
const time = () => text("a time such as 20ms");

const impairmentKeys = {
  preset: text("the name of a preset such as 4g")
    .optional()
    .describe(
      "Figures of a link of real life; the keys beside it win. The first end of a link is the customer's, which sends what goes up; `4g up` and `4g down` name the side",
    ),
  delay: time().optional().describe("Delay of every frame, such as `20ms`"),
  jitter: time().optional().describe("How far delays lie from `delay`"),
  distribution: text("uniform, normal or pareto")
    .optional()
    .describe(
      "How they lie around it: `uniform` (the default) within `jitter`; `normal` and `pareto` with `jitter` as the standard deviation",
    ),
  "jitter-reorders": flag()
    .optional()
    .describe("Frames overtake each other as their delays say. They keep their order when absent"),
  loss: z
    .union(
      [
        share(),
        map(
          {
            p: share().describe("Probability, at each frame, of going from the good state to the bad one"),
            r: share().describe("Probability, at each frame, of going back; bursts last 1/r frames in the mean"),
            "good-loss": share().optional().describe("Loss in the good state. 0% when absent"),
            "bad-loss": share().optional().describe("Loss in the bad state. 100% when absent"),
          },
          "a map with p and r",
        ),
      ],
      { error: "a share in percent such as 0.1%, or {p: 1%, r: 25%}" },
    )
    .optional()
    .describe("Share of frames lost: each for itself, or in bursts (Gilbert–Elliott)"),
  duplicate: share().optional().describe("Share of frames that arrive twice"),
  corrupt: share().optional().describe("Share of frames with one bit inverted"),
  reorder: z
    .union(
      [
        share(),
        map(
          {
            probability: share().describe("Of a frame being sent at once"),
            gap: wholeNumber(1, 4_294_967_295)
              .optional()
              .describe("At least so many frames, less one, are delayed between two that are not"),
          },
          "a map with probability and gap",
        ),
      ],
      { error: "a share in percent such as 25%, or {probability: 25%, gap: 5}" },
    )
    .optional()
    .describe("Share of frames that are sent at once while others are delayed"),
  rate: text("bits per second such as 100mbit, or unlimited").optional().describe("Bits per second, such as `100mbit`"),
  queue: text("packets such as 1000p, or bytes such as 64kb")
    .optional()
    .describe("What may wait for the rate: `1000p` (the default) or `64kb`"),
};
const keyList = Object.keys(impairmentKeys).join(", ");

const oneDirection = map(impairmentKeys, `a map with ${keyList}`);

/** An impairment of a link: both directions, and each. */
export const linkImpairment = map(
  {
    ...impairmentKeys,
    from: mapOf(oneDirection, "a map from sending ends to impairments")
      .optional()
      .describe("What goes for one direction alone, by the end that sends: `node` or `node:interface`"),
  },
  `a map with ${keyList} and from`,
).meta({ title: "Impairment", description: "What happens to frames on a link, in both directions and in each" });

export const medium = () =>
  choice(["auto", "kernel", "wire"])
    .optional()
    .describe(
      "What carries the frames: `kernel` (tc and netem), `wire` (a process of Netwright's), or `auto` (the default): the kernel where it can do everything asked",
    );
