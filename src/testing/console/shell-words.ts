/** One word of the shell, whatever is in it. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** Fits a terminal's line (4,095 characters, termios(3)) with room. */
const lineLength = 1_000;

/**
 * A text as lines of printable ASCII characters that `printf '%b'` (POSIX) makes the text's bytes of.
 * No line is `.` alone.
 */
export function printfLines(text: string): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const byte of Buffer.from(text)) {
    const isPlain = byte >= 0x20 && byte < 0x7f && byte !== 0x5c;
    const piece = isPlain ? String.fromCharCode(byte) : `\\0${byte.toString(8).padStart(3, "0")}`;
    if (line.length + piece.length > lineLength) {
      lines.push(line);
      line = "";
    }
    line += piece;
  }
  if (line !== "") lines.push(line);
  return lines.map((one) => (one === "." ? "\\0056" : one));
}
