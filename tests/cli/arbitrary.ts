import fc from "fast-check";

// biome-ignore lint/suspicious/noExplicitAny: a schema is walked as JSON
type Json = any;

/** Lab files and words that get further than what is made up. */
const texts = ["nodes: {h1: {}}\n", "nodes: {h1: {}, h2: {}}\nlinks: [[h1, h2]]\n", "nodes: [", "", "h1:eth0", "h1"];
const strange = fc.oneof(fc.string({ maxLength: 40 }), fc.string({ unit: "binary", maxLength: 10 }), fc.jsonValue());

/** What a JSON Schema describes, and now and then what it does not. */
export function anyOf(schema: Json): fc.Arbitrary<unknown> {
  if (schema === undefined) return fc.constant(undefined);
  return fc.oneof({ weight: 12, arbitrary: right(schema) }, strange);
}

function right(schema: Json): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return fc.oneof(...choices.map(right));
  switch (schema.type) {
    case "string":
      if (schema.pattern !== undefined) return fc.stringMatching(new RegExp(schema.pattern));
      return fc.oneof(fc.constantFrom(...texts), fc.string({ minLength: schema.minLength ?? 0, maxLength: 30 }));
    case "integer":
      return fc.integer(rangeOf(schema, -1000));
    case "number":
      return fc.double({ ...rangeOf(schema, -10), noNaN: true });
    case "boolean":
      return fc.boolean();
    case "array":
      return fc.array(anyOf(schema.items ?? {}), { minLength: schema.minItems ?? 0, maxLength: 4 });
    case "object":
      return object(schema);
    default:
      return fc.jsonValue();
  }
}

/** Not so large that what is made of it takes long. */
function rangeOf({ minimum, maximum }: Json, least: number): { readonly min: number; readonly max: number } {
  const min = Math.max(minimum ?? least, -(2 ** 31));
  return { min, max: Math.min(maximum ?? min + 1000, min + 1000) };
}

function object(schema: Json): fc.Arbitrary<unknown> {
  if (schema.properties === undefined)
    return fc.dictionary(fc.constantFrom("h1", "h2", "a b", "__proto__"), anyOf(schema.additionalProperties ?? {}), {
      maxKeys: 3,
    });
  const fields = Object.entries<Json>(schema.properties).map(([name, property]): [string, fc.Arbitrary<unknown>] => [
    name,
    anyOf(property),
  ]);
  return fc.record(Object.fromEntries(fields), { requiredKeys: (schema.required ?? []) as string[] });
}
