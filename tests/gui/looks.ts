import type { Page } from "playwright-core";
import { barriers, picture } from "./browser.ts";

const sizes = { desktop: { width: 1280, height: 720 }, tablet: { width: 820, height: 1180 } } as const;
const schemes = ["light", "dark"] as const;

/**
 * A page in both themes at both sizes, of each of which a picture is taken.
 *
 * @returns what bars the way of some: what axe finds, and what is wider than the screen
 */
export async function looksOf(page: Page, name: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [size, viewport] of Object.entries(sizes)) {
    await page.setViewportSize(viewport);
    for (const colorScheme of schemes) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor({ state: "attached" });
      // Colours that change a little at a time are not yet what they will be.
      await page.evaluate(
        "Promise.allSettled(document.getAnimations().filter((one) => one instanceof CSSTransition).map((one) => one.finished))",
      );
      const where = `${name} ${size} ${colorScheme}`;
      found.push(...(await barriers(page)).map((one) => `${where}: ${one}`));
      const beyond: number = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth",
      );
      if (beyond > 0) found.push(`${where}: ${beyond} pixels wider than the screen`);
      await picture(page, where.replaceAll(" ", "-"));
    }
  }
  await page.setViewportSize(sizes.desktop);
  await page.emulateMedia({ colorScheme: "light", reducedMotion: null });
  return found;
}
