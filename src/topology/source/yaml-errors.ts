import type { YAMLParseError } from "yaml";

type Explanation = { readonly problem: string; readonly remedy: string };

/** By what the YAML library's message says, the first that fits. `$1` is the first group of the expression. */
const explanations: readonly (readonly [message: RegExp, problem: string, remedy: string])[] = [
  [
    /end with a ([\]}])/,
    "a bracket is never closed",
    "Put $1 at the end of the list or map; if it is there, indent it.",
  ],
  [/closing (['"])/, "a quote ($1) is never closed", "Put $1 at the end of the text."],
  [/Tabs? (?:is|are) not allowed|tab/i, "a tab stands where spaces belong", "Indent with spaces."],
  [
    /Implicit map keys need to be followed/,
    "a colon is missing after this key",
    "Write key: value, or only key: for nothing.",
  ],
  [
    /same line|Nested mappings are not allowed/,
    "two keys stand on one line",
    'Begin a nested map on a line of its own, indented, or put it in braces; put quotes around a text with ": " in it.',
  ],
  [
    /Implicit keys need to be on a single line|implicit key/i,
    "a colon is missing after this key",
    "Write key: value, or only key: for nothing. A text of several lines needs quotes.",
  ],
  [
    /Sequence item without - indicator/,
    "an item of a list has no - in front",
    "Write each item as a line that begins with - and a space.",
  ],
  [
    /start(?:s)? at the same column|same column|Indent|indent/,
    "this line is indented by the wrong number of spaces",
    "Start it in the same column as its neighbours, and what belongs to it further right.",
  ],
  [/Missing space after :/, "a space is missing after the colon", "Write key: value."],
  [/Missing ,/, "a comma is missing in front of this", "Separate the items of a list or map in brackets with commas."],
  [
    /Comments must be separated/,
    "a space is missing in front of #",
    "Put a space there if a comment is meant, or quotes around the text.",
  ],
  [/Source contains multiple documents/, "a second document begins", "One file is one lab: take the line --- away."],
  [
    /[Aa]lias/,
    "an asterisk begins an alias, and this is none",
    'Put quotes around a text that begins with an asterisk, as in "leaf*".',
  ],
  [
    /[Aa]nchor|[Tt]ag/,
    "anchors and tags stand in the wrong place",
    "Write one &anchor right before its value, and no tags.",
  ],
  [
    /escape/,
    "in double quotes, a backslash begins an escape, and this is none",
    "Use single quotes, or two backslashes.",
  ],
  [/Plain value cannot start with (.+)/, "a plain text cannot begin with $1", "Put quotes around it."],
];

/** What a syntax error of the YAML library means to someone who writes a lab file. */
export function explainYaml(error: YAMLParseError, text: string): Explanation {
  if (text.slice(error.pos[0] - 1, error.pos[0] + 1) === "${") {
    return {
      problem: "within brackets, a text with ${…} in it needs quotes",
      remedy: 'Write "${…}", with the quotes around the whole text.',
    };
  }
  for (const [message, problem, remedy] of explanations) {
    const group = message.exec(error.message)?.[1] ?? "";
    if (message.test(error.message))
      return { problem: problem.replace("$1", group), remedy: remedy.replace("$1", group) };
  }
  const found = text.slice(error.pos[0], error.pos[0] + 1);
  const at = found === "" || found === "\n" ? "the end of the line" : JSON.stringify(found);
  return {
    problem: `${at} is not expected here`,
    remedy: "Look for a bracket, quote or comma that is missing before it, or put quotes around the text.",
  };
}

/** Whether something is never closed: then the library points at the end of the file, where nobody would look. */
export const isUnclosed = (error: YAMLParseError): boolean => /end with a [\]}]|closing ['"]/.test(error.message);
