import { spawn } from "node:child_process";

/** A program that opens a browser has said by then that it cannot. */
const saidMs = 3_000;

/**
 * Opens an address in the browser of whoever sits at the screen (xdg-open(1), which minds $BROWSER).
 *
 * @returns why it did not, as a hint to a person; undefined when it did
 */
export async function openInBrowser(
  url: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  if (!environment["DISPLAY"] && !environment["WAYLAND_DISPLAY"])
    return "There is no screen here: open the link in a browser on this machine.";
  // On its own: it may become the browser, which goes on when this ends.
  const child = spawn("xdg-open", [url], { env: environment, stdio: "ignore", detached: true });
  child.unref();
  const failure = await new Promise<string | undefined>((resolve) => {
    const timer = setTimeout(resolve, saidMs, undefined);
    timer.unref();
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code) => resolve(code === 0 ? undefined : `xdg-open ended with ${code}`));
  });
  return failure === undefined ? undefined : `No browser was opened (${failure}): open the link yourself.`;
}
