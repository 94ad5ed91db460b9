import * as z from "zod";

/**
 * Building blocks of the lab file's schema. Every one says in its `error` what it takes, as the phrase
 * that fits "It takes …." in an error message; a map says its keys, so that a wrong key can be told
 * the nearest right one.
 */

/** A map with known keys and no others. */
export function map<Shape extends z.core.$ZodLooseShape>(shape: Shape, phrase: string) {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === "unrecognized_keys" ? Object.keys(shape).join(" ") : phrase),
  });
}

/** A map with any keys; names are checked when they are resolved, where the message can say more. */
export const mapOf = <Value extends z.core.$ZodType>(value: Value, phrase: string) =>
  z.record(z.string(), value, { error: phrase });

export const text = (phrase: string) => z.string({ error: phrase });

export const flag = () => z.boolean({ error: "true or false" });

export const choice = <const Values extends readonly string[]>(values: Values) =>
  z.enum(values, { error: `one of ${values.join(", ")}` });

export const wholeNumber = (minimum: number, maximum: number) => {
  const phrase = `a whole number between ${minimum} and ${maximum}`;
  return z.int({ error: phrase }).min(minimum).max(maximum);
};

export const listOf = <Item extends z.core.$ZodType>(item: Item, phrase: string) => z.array(item, { error: phrase });

/** One of something, or a list of it. */
export const oneOrMore = <Item extends z.core.$ZodType>(item: Item, phrase: string) =>
  z.union([item, z.array(item)], { error: phrase });

/** What becomes text in the end: YAML reads `1` and `true` as other things. */
export const scalar = (phrase = "a text, a number, true or false") =>
  z.union([z.string(), z.number(), z.boolean()], { error: phrase });
