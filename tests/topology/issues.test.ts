import { expect, it } from "vitest";
import * as z from "zod";
import { mistakesIn } from "../../src/topology/errors/issues.ts";

const schema = z
  .strictObject({
    name: z.string().min(2, "at least 2 letters"),
    count: z.int().min(1).max(9),
    tags: z.array(z.string().min(1)).max(2),
    how: z.enum(["up", "down"]),
    at: z.union([z.strictObject({ x: z.number() }), z.string()]),
    sizes: z.record(z.string().regex(/^[a-z]+$/), z.number()),
    step: z.number().multipleOf(5),
    when: z.iso.datetime(),
    part: z.strictObject({ delayMs: z.number() }, "delayMs lossPercent"),
  })
  .partial()
  .refine(({ count, how }) => count === undefined || how === undefined, "say count or how, one of them");

const saidOf = (value: unknown) => mistakesIn(schema.safeParse(value).error as z.ZodError, "The body");

it.each([
  [undefined, ["The body: it is missing."]],
  [[], ["The body: it takes an object."]],
  [{ name: "x" }, ["name: at least 2 letters."]],
  [{ name: 1, frob: 1, b: 2 }, ["name: it takes a text.", "frob: there is no such key.", "b: there is no such key."]],
  [{ count: 0 }, ["count: at least 1."]],
  [{ count: 1.5 }, ["count: it takes a whole number."]],
  [{ tags: [""] }, ["tags[0]: at least 1 character."]],
  [{ tags: ["a", "b", "c"] }, ["tags: at most 2 entries."]],
  [{ how: "left" }, ["how: one of up, down."]],
  [{ at: { x: "1" } }, ["at.x: it takes a number."]],
  [{ at: 7 }, ["at: it is nothing of what is taken here."]],
  [{ sizes: { A: 1 } }, ["sizes.A: it has not the form /^[a-z]+$/."]],
  [{ step: 7 }, ["step: a multiple of 5."]],
  [{ when: "now" }, ["when: a time such as 2030-01-31T12:00:00Z."]],
  [
    { part: { delayMS: 1 } },
    ["part.delayMs: it is missing.", "part.delayMS: there is no such key, but there is delayMs."],
  ],
  [{ count: 1, how: "up" }, ["Say count or how, one of them."]],
])("says %j to be wrong in a sentence for each mistake", (value, said) => {
  expect(saidOf(value)).toEqual(said);
});
