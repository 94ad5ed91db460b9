import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { locations } from "../../src/api/index.ts";
import type { ControllerOptions } from "../../src/controller/controller.ts";
import { Controller, LocalAgent } from "../../src/controller/index.ts";

const root = join(import.meta.dirname, "../..");
/** Of everything that a page is waited for, on a machine that may be busy. */
const deadlineMs = Number(process.env["NETWRIGHT_GUI_DEADLINE"] ?? 60_000);
const programs = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Why pages cannot be tried here; undefined where they can. */
export const noBrowser = (): string | undefined =>
  programs.some(existsSync) ? undefined : "there is no Chromium (Debian: chromium)";

/** Builds the pages into a folder. */
export async function buildPages(to: string): Promise<void> {
  await promisify(execFile)(join(root, "node_modules/.bin/vite"), ["build", "--outDir", to, "--logLevel", "warn"], {
    cwd: join(root, "web"),
    // As they are published: the runner's own setting would make them development's.
    env: { ...process.env, NODE_ENV: "production" },
  });
}

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
  readonly password = "a long password";
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
    const pages = join(folder, "pages");
    await buildPages(pages);
    const environment = { ...process.env, NETWRIGHT_STATE_DIR: join(folder, "state"), HOME: folder };
    const controller = await Controller.start({
      database: `sqlite:${join(folder, "server.db")}`,
      agent: new LocalAgent(locations(environment, process.getuid?.() ?? 0), environment),
      trust: "team",
      listen: { host: "127.0.0.1", port: 0 },
      behindProxy: false,
      proxies: [],
      version: "0.0.0",
      pages,
      ...options,
      onFault: (error) => process.stderr.write(`${String(error)}\n`),
    });
    const browser = await openBrowser(folder);
    const server = new GuiServer(folder, controller, browser);
    await controller.ensureAdministrator("admin", server.password);
    return server;
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
    user = { name: "admin", password: this.password },
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
