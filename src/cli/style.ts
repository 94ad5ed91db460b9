/** Select Graphic Rendition parameters (ECMA-48, 8.3.117), in the colours that every terminal has. */
const codes = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
} as const;

export type Ink = keyof typeof codes;

/** Paints text, or leaves it as it is. */
export type Paint = (ink: Ink, text: string) => string;

export const plain: Paint = (_ink, text) => text;
export const coloured: Paint = (ink, text) => {
  const [on, off] = codes[ink];
  return `\x1b[${on}m${text}\x1b[${off}m`;
};

/**
 * Whether a stream gets colours: `--no-color` and a set NO_COLOR (https://no-color.org) say no, a set
 * FORCE_COLOR yes, else terminals do.
 */
export function paintFor(
  stream: { readonly isTTY?: boolean },
  environment: Readonly<Record<string, string | undefined>>,
  color: boolean | undefined,
): Paint {
  if (color === false || (environment["NO_COLOR"] ?? "") !== "" || environment["TERM"] === "dumb") return plain;
  if ((environment["FORCE_COLOR"] ?? "") !== "" && environment["FORCE_COLOR"] !== "0") return coloured;
  return stream.isTTY === true ? coloured : plain;
}

/**
 * Foreign text that cannot do more than colour itself: other control characters and sequences, which
 * could move the cursor, change the terminal's title or answer for the keyboard, are made visible.
 */
export const harmless = (text: string): string =>
  text.replace(harmful, (char) => {
    const code = char.charCodeAt(0);
    return code < 0x80 ? `^${String.fromCharCode(code ^ 64)}` : "\ufffd";
  });

/** All of C0 but tab and line feed, an escape that begins no colour, DEL, and C1 (ECMA-48). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const harmful = /\x1b(?!\[[\d;:]*m)|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]/g;
