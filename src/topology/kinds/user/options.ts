import * as z from "zod";
import { choice, flag, listOf, map, scalar, text, wholeNumber } from "../../schema/form.ts";
import type { Json } from "../software.ts";

/** How a kind file describes a key of its nodes. */
export const optionSpec = z.union(
  [
    map(
      {
        type: choice(["text", "integer", "number", "flag", "choice", "list"]).describe(
          "`list`: texts and numbers. `choice`: one of choices",
        ),
        description: text("a sentence").optional().describe("What it means, for editors"),
        default: z
          .union([scalar(), z.array(scalar())], { error: "a value of the option's type" })
          .optional()
          .describe("Where the lab file does not give it. Without a default it must be given"),
        choices: listOf(text("a word"), "a list of words").min(1).optional().describe("Of type choice"),
        minimum: z.number({ error: "a number" }).optional().describe("Of type integer and number"),
        maximum: z.number({ error: "a number" }).optional().describe("Of type integer and number"),
      },
      "a map with type, default and so on",
    ),
  ],
  { error: "a map with type, default and so on" },
);
export type OptionSpec = z.output<typeof optionSpec>;

/** The schema of one option. */
export function optionSchema(spec: OptionSpec): z.ZodType {
  const schema = typeSchema(spec);
  const described = spec.description === undefined ? schema : schema.describe(spec.description);
  return spec.default === undefined ? described : described.optional();
}

function typeSchema({ type, choices = [], minimum, maximum }: OptionSpec): z.ZodType {
  switch (type) {
    case "text":
      return text("a text");
    case "flag":
      return flag();
    case "choice":
      return choice(choices);
    case "list":
      return listOf(z.union([z.string(), z.number()], { error: "a text or a number" }), "a list of texts and numbers");
    case "integer":
      return wholeNumber(minimum ?? Number.MIN_SAFE_INTEGER, maximum ?? Number.MAX_SAFE_INTEGER);
    case "number": {
      const phrase = `a number${minimum === undefined ? "" : `, ${minimum} or more`}${maximum === undefined ? "" : `, ${maximum} or less`}`;
      return z
        .number({ error: phrase })
        .min(minimum ?? Number.NEGATIVE_INFINITY, { error: phrase })
        .max(maximum ?? Number.POSITIVE_INFINITY, { error: phrase });
    }
    default:
      return type satisfies never;
  }
}

/** Why a description makes no sense, or undefined. */
export function specProblem(spec: OptionSpec): string | undefined {
  if (spec.type === "choice" && spec.choices === undefined) return "it is a choice without choices";
  if (spec.type !== "choice" && spec.choices !== undefined) return `choices are for type: choice, not ${spec.type}`;
  const isNumeric = spec.type === "integer" || spec.type === "number";
  if (!isNumeric && (spec.minimum !== undefined || spec.maximum !== undefined))
    return `minimum and maximum are for numbers, not for type: ${spec.type}`;
  if (spec.default !== undefined && !typeSchema(spec).safeParse(spec.default).success)
    return `its default ${JSON.stringify(spec.default)} is not of its own type`;
  return undefined;
}

/** An option as text, where a template has its name. */
export const optionText = (value: Json): string => (Array.isArray(value) ? value.map(String).join(" ") : String(value));
