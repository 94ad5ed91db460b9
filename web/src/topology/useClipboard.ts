import { useEffect, useEffectEvent } from "react";

/** Where a text is edited, keys and the clipboard are the text's. */
const isText = (target: EventTarget | null): boolean =>
  target instanceof Element &&
  target.closest("input, textarea, select, [contenteditable=true], [role=dialog]") !== null;

/**
 * What the browser's own copy, cut and paste do where no text is edited. By their events, because they
 * need neither leave to read the clipboard nor a secure connection.
 */
export function useClipboard({
  onCopy,
  onCut,
  onPaste,
}: {
  /** @returns what is copied; undefined for nothing */
  readonly onCopy: () => string | undefined;
  readonly onCut: () => string | undefined;
  readonly onPaste: (text: string) => void;
}): void {
  const take = useEffectEvent((event: ClipboardEvent) => {
    if (isText(event.target) || String(globalThis.getSelection() ?? "") !== "") return;
    const text = event.type === "cut" ? onCut() : onCopy();
    if (text === undefined) return;
    event.clipboardData?.setData("text/plain", text);
    event.preventDefault();
  });
  const put = useEffectEvent((event: ClipboardEvent) => {
    if (isText(event.target)) return;
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (text === "") return;
    event.preventDefault();
    onPaste(text);
  });
  useEffect(() => {
    const gone = new AbortController();
    const { signal } = gone;
    document.addEventListener("copy", (event) => take(event), { signal });
    document.addEventListener("cut", (event) => take(event), { signal });
    document.addEventListener("paste", (event) => put(event), { signal });
    return () => gone.abort();
  }, []);
}
