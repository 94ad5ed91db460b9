import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Locator,
  type Page,
} from "playwright-core";
import type { ControllerOptions } from "../../src/controller/controller.ts";
import type { Controller } from "../../src/controller/index.ts";
import { realLabs } from "../controller/real-labs.ts";
import { serve } from "../controller/serve.ts";
import { builtPages } from "./pages.ts";

const root = join(import.meta.dirname, "../..");
/** Of everything that a page is waited for, on a machine that may be busy. */
const deadlineMs = Number(process.env["NETWRIGHT_GUI_DEADLINE"] ?? 60_000);
const administrator = { name: "admin", password: "a long password" };
const programs = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Why pages cannot be tried here; undefined where they can. */
export const noBrowser = (): string | undefined =>
  programs.some(existsSync) ? undefined : "there is no Chromium (Debian: chromium)";

/** @param folder what it writes goes there */
export const openBrowser = (folder: string): Promise<Browser> =>
  chromium.launch({
    executablePath: programs.find(existsSync) ?? "",
    // It shows nothing but our own pages, and has not the privileges or the shared memory that its sandbox takes in
    // a container.
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
    env: { ...process.env, HOME: folder },
  });

/** A page that has some time for everything, and whose complaints are heard. */
export async function watched(context: BrowserContext, complaints: string[]): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(deadlineMs);
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    // Asking who is signed in is answered with 401 when nobody is, and for a new topology with 404.
    // Tests cut the network, too.
    const isAnswer = /^(?:Failed to load resource|WebSocket connection to )/.test(message.text());
    if (message.type() === "error" && !isAnswer) complaints.push(message.text());
  });
  return page;
}

/** A server with its pages, which runs real labs, and a browser. */
export class GuiServer implements AsyncDisposable {
  /** What the pages complained of. */
  readonly complaints: string[] = [];
  readonly #folder: string;
  readonly #controller: Controller;
  readonly #browser: Browser;

  private constructor(folder: string, controller: Controller, browser: Browser) {
    this.#folder = folder;
    this.#controller = controller;
    this.#browser = browser;
  }

  /** @param options of the server, where they differ from a team's with users of its own */
  static async start(options: Partial<ControllerOptions> = {}): Promise<GuiServer> {
    const folder = await mkdtemp(join(tmpdir(), "nw-gui-"));
    const pages = await builtPages(folder);
    const environment = { ...process.env, NETWRIGHT_STATE_DIR: join(folder, "state"), HOME: folder };
    const database = `sqlite:${join(folder, "server.db")}`;
    const controller = await serve({ database, agent: realLabs(environment), pages, ...options }, administrator);
    const browser = await openBrowser(folder);
    return new GuiServer(folder, controller, browser);
  }

  /** A page of a browser of its own, of whoever is not signed in. */
  async visit(colorScheme: "light" | "dark" = "light", others: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.#browser.newContext({
      viewport: { width: 1280, height: 720 },
      colorScheme,
      baseURL: `http://127.0.0.1:${this.#controller.port}`,
      acceptDownloads: true,
      ...others,
    });
    const page = await watched(context, this.complaints);
    await page.goto("/");
    return page;
  }

  /** A page of a browser of its own, signed in. */
  async page(
    colorScheme: "light" | "dark" = "light",
    user = administrator,
    others: BrowserContextOptions = {},
  ): Promise<Page> {
    const page = await this.visit(colorScheme, others);
    await page.getByLabel("Name").fill(user.name);
    await page.getByLabel("Password", { exact: true }).fill(user.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Projects", exact: true }).waitFor();
    return page;
  }

  /** Labs that are left are taken down by whoever made them. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    await this.#controller[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Asks the server in the name of who is signed in to a page. @throws what it says when it refuses */
export async function ask(by: Page, method: string, path: string, body?: unknown): Promise<unknown> {
  const session = await by.request.get("/api/v1/session");
  const { csrfToken } = (await session.json()) as { csrfToken: string };
  const answer = await by.request.fetch(`/api/v1${path}`, {
    method,
    headers: { "x-csrf-token": csrfToken },
    ...(body === undefined ? {} : { data: body }),
  });
  const text = await answer.text();
  if (!answer.ok()) throw new Error(`${method} ${path}: ${text}`);
  return text === "" ? undefined : JSON.parse(text);
}

/** A node of the picture that a page shows. */
export const nodeIn = (page: Page, name: string): Locator => page.locator(`.react-flow__node[data-id="${name}"]`);

/** What the terminal in sight shows. */
export const saidIn = async (page: Page): Promise<string> =>
  (await page.locator(".xterm-rows:visible > div").allTextContents()).join("\n").replaceAll("\u00a0", " ");

/** The lab file as its editor shows it. */
export const writtenIn = async (page: Page): Promise<string> =>
  (await page.locator(".cm-line").allTextContents()).join("\n");

/** What axe finds wrong with a page for people who do not see it, or have no mouse (WCAG 2.1, A and AA). */
export async function barriers(page: Page): Promise<readonly string[]> {
  // By the debugger: the policy of the pages lets no script in.
  if (await page.evaluate("typeof axe === 'undefined'"))
    await page.evaluate(readFileSync(join(root, "node_modules/axe-core/axe.min.js"), "utf8"));
  return page.evaluate(async () => {
    type Node = { readonly html: string; readonly failureSummary?: string };
    type Axe = { run(options: object): Promise<{ violations: readonly { id: string; nodes: readonly Node[] }[] }> };
    const { axe } = globalThis as unknown as { axe: Axe };
    const { violations } = await axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary ?? ""}`),
    );
  });
}

/** Pictures of the pages, where a folder for them is given: for the documentation, and to be looked at. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env["NETWRIGHT_PICTURES"];
  if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}.png`) });
}
