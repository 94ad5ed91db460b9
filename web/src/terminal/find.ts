import type { Terminal } from "@xterm/xterm";

/** Finds a text in what the terminal has shown, from what is selected on, and selects it. @returns whether there is any */
export function findIn(screen: Terminal, text: string, step: 1 | -1): boolean {
  if (text === "") return false;
  const buffer = screen.buffer.active;
  const wanted = text.toLowerCase();
  const selected = screen.getSelectionPosition();
  const lines = buffer.length;
  const from = selected?.start ?? { x: 0, y: step === 1 ? -1 : lines };
  for (let turn = 0; turn <= lines; turn += 1) {
    const y = (((from.y + turn * step) % lines) + lines) % lines;
    const line = (buffer.getLine(y)?.translateToString(true) ?? "").toLowerCase();
    // In the line where it begins, what comes after the selection; in the others all.
    const isFirst = turn === 0 && selected !== undefined;
    const at =
      step === 1
        ? line.indexOf(wanted, isFirst ? from.x + 1 : 0)
        : isFirst && from.x === 0
          ? -1
          : line.lastIndexOf(wanted, isFirst ? from.x - 1 : line.length);
    if (at < 0) continue;
    screen.select(at, y, text.length);
    screen.scrollToLine(Math.max(0, y - Math.floor(screen.rows / 2)));
    return true;
  }
  return false;
}
