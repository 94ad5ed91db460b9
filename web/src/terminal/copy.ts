import type { Terminal as Screen } from "@xterm/xterm";

/** Copies what is selected. Pages that did not come by HTTPS, or from this machine, have no clipboard (W3C Clipboard API): the older way does. */
export async function copy(screen: Screen | undefined): Promise<void> {
  const text = screen?.getSelection() ?? "";
  if (text === "") return;
  if (navigator.clipboard !== undefined) {
    await navigator.clipboard.writeText(text).catch(() => undefined);
    return;
  }
  const give = (event: ClipboardEvent) => {
    event.preventDefault();
    event.clipboardData?.setData("text/plain", text);
  };
  document.addEventListener("copy", give, { capture: true, once: true });
  document.execCommand("copy");
  document.removeEventListener("copy", give, { capture: true });
}
