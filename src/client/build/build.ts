import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import type { Readable } from "node:stream";
import {
  fetchImage,
  findStored,
  type ImageSettings,
  ImageStore,
  layersFolder,
  lockFile,
  makeImage,
  type StoredImage,
} from "../../images/index.ts";
import { labError } from "../../topology/errors/error.ts";
import { familiarName } from "../../topology/image/reference.ts";
import type { Command } from "../../topology/model.ts";
import type { Recipe, RecipeSettings } from "../../topology/recipe/recipe.ts";
import { commitChanges } from "../commit.ts";
import { Confined, type ImageOptions, imageFolder, packageFolder, readReference } from "../images.ts";
import { aptSources, codenameIn } from "./apt.ts";
import { makeDebianBase } from "./debian-base.ts";
import { type DpkgStep, downloadPackages } from "./packages.ts";
import { Workshop } from "./workshop.ts";

export type BuildOptions = ImageOptions & {
  /** Seconds since 1970: the image, and files that are newer, say that they are of then. */
  readonly seconds?: number;
};

/** 2025-01-01: the same for everybody, so that the same packages are the same image. */
const usualSeconds = 1_735_689_600;
/** Without its name: the same image is the same under every one. */
const madeBy = "netwright image build";
/** Where a workshop sees downloaded packages. */
const packagesPlace = "/run/netwright/packages";

/** Keeps packages from starting their daemons (invoke-rc.d(8)), unless the image does that itself. */
const before = `set -e
if [ ! -e /usr/sbin/policy-rc.d ]; then
  printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d
  chmod 755 /usr/sbin/policy-rc.d
  touch /run/netwright/no-daemons
fi`;
/** What says when it was, or is only a copy of what was before. */
const after = `set -e
[ ! -e /run/netwright/no-daemons ] || rm -f /usr/sbin/policy-rc.d /run/netwright/no-daemons
rm -f /var/log/dpkg.log /var/log/alternatives.log /var/cache/ldconfig/aux-cache
rm -f /var/lib/dpkg/*-old /var/cache/debconf/*-old /etc/passwd- /etc/group- /etc/shadow- /etc/gshadow-
[ ! -s /etc/machine-id ] || : >/etc/machine-id`;

/**
 * Makes an image as a recipe says. The same recipe and the same packages give the same image, byte for
 * byte.
 *
 * @param reference of the image, as `imageReferenceText` writes it
 * @throws RECIPE_NEEDS_IDS, RECIPE_NO_DEBIAN, RECIPE_STEP_FAILED, PROGRAM_MISSING, IMAGE_STORE_FULL, and
 * for its base what `fetchImage` throws
 */
export async function buildImage(recipe: Recipe, reference: string, options: BuildOptions): Promise<StoredImage> {
  const store = new ImageStore(imageFolder(options.locations));
  await store.prepare();
  // Nobody removes what it is made of meanwhile.
  using _held = await lockFile(store.lockFile("store"), "shared", options.signal);
  const build = new Build(recipe, reference, store, options);
  return await build.image();
}

class Build {
  readonly #recipe: Recipe;
  readonly #reference: string;
  readonly #store: ImageStore;
  readonly #options: BuildOptions;
  readonly #seconds: number;
  /** As people write it. */
  readonly #name: string;

  constructor(recipe: Recipe, reference: string, store: ImageStore, options: BuildOptions) {
    this.#recipe = recipe;
    this.#reference = reference;
    this.#store = store;
    this.#options = options;
    this.#seconds = options.seconds ?? usualSeconds;
    this.#name = familiarName(reference);
  }

  async image(): Promise<StoredImage> {
    const { base, packages, files, run } = this.#recipe;
    if (base.from === "debian" || packages.length > 0) await this.#requireIds();
    const settings = imageSettings(this.#recipe.settings);
    if (base.from === "debian") {
      // A shell for those who start a container of it; nodes of labs start none.
      const own = { Cmd: ["bash"], ...settings };
      if (files.length === 0 && run.length === 0) return await this.#ofDebian(base.suite, this.#reference, own);
      const below = `localhost/netwright-build/${process.pid}-${randomBytes(4).toString("hex")}:base`;
      try {
        await this.#ofDebian(base.suite, below, {});
        return await this.#onTop(below, [], own);
      } finally {
        await this.#store.removeName(below);
      }
    }
    const found = await this.#base(base.reference);
    if (packages.length + files.length + run.length > 0) return await this.#onTop(base.reference, packages, settings);
    return await this.#make(this.#reference, { base: found, settings });
  }

  async #base(text: string): Promise<StoredImage> {
    const reference = readReference(text);
    if (reference.from === "rootfs") throw new RangeError("a recipe's base is an image");
    const found = await findStored(this.#store, reference);
    if (found !== undefined) return found;
    const { environment, signal } = this.#options;
    this.#phase(`Fetch ${familiarName(text)}`);
    return await fetchImage(this.#store, reference, { environment, signal, anew: false });
  }

  async #requireIds(): Promise<void> {
    using confined = new Confined(this.#options.environment);
    const { ids } = await confined.confinement(this.#options.signal);
    if (ids === 1) throw labError("RECIPE_NEEDS_IDS", { image: this.#name });
  }

  async #ofDebian(wanted: string | undefined, reference: string, settings: ImageSettings): Promise<StoredImage> {
    const { environment, signal } = this.#options;
    const sources = await aptSources(this.#name, wanted, environment);
    this.#phase(`Install Debian ${sources.suite}`);
    let made: StoredImage | undefined;
    const take = async (layer: Readable) => {
      made = await this.#make(reference, { layer, settings });
    };
    const step = { image: this.#name, environment, signal };
    using confined = new Confined(environment);
    const confinement = await confined.confinement(signal);
    const layers = layersFolder(this.#store, confinement);
    try {
      await makeDebianBase(sources, this.#recipe.packages, this.#seconds, confinement, layers, step, take);
    } catch (error) {
      // What broke off is an archive, too: a short one.
      await this.#store.removeName(reference);
      throw error;
    }
    return made as StoredImage;
  }

  /** Makes it in a node of the image below. */
  async #onTop(below: string, packages: readonly string[], settings: ImageSettings): Promise<StoredImage> {
    const { files, run } = this.#recipe;
    const cache = packageFolder(this.#options.locations);
    const options = { ...this.#options, image: this.#name, seconds: this.#seconds };
    if (packages.length > 0) await mkdir(`${cache}/archives`, { recursive: true });
    // Without packages, an image needs no programs for files to be put in it.
    await using workshop = await Workshop.open(
      below,
      packages.length === 0 ? files : [],
      packages.length === 0 ? undefined : { source: `${cache}/archives`, target: packagesPlace },
      options,
    );
    if (packages.length > 0) {
      await this.#install(workshop, below, packages, cache);
      for (const file of files) await workshop.write(file);
    }
    for (const command of run) {
      const argv = argvOf(command);
      this.#phase(`Run ${argv.join(" ").replace(/\s+/g, " ").slice(0, 60)}`);
      await workshop.run(`the command "${argv.join(" ")}"`, argv, this.#recipe.settings.environment);
    }
    this.#phase(`Save ${this.#name}`);
    const { image } = await commitChanges(workshop.client, workshop.node, this.#reference, {
      ...this.#options,
      settings,
      madeBy,
      latest: this.#seconds,
    });
    return image;
  }

  async #install(workshop: Workshop, below: string, packages: readonly string[], cache: string): Promise<void> {
    const { environment, signal } = this.#options;
    const noDebian = labError("RECIPE_NO_DEBIAN", { image: this.#name, base: familiarName(below) });
    const read = (path: string) =>
      workshop.run(`reading ${path}`, ["cat", path]).catch((error: unknown) => {
        signal?.throwIfAborted();
        throw Object.assign(noDebian, { cause: error });
      });
    const suite = codenameIn(await read("/etc/os-release"));
    const status = await read("/var/lib/dpkg/status");
    if (suite === undefined) throw noDebian;
    this.#phase("Download Debian packages");
    const sources = await aptSources(this.#name, suite, environment);
    const steps = await downloadPackages(packages, status, sources, cache, { image: this.#name, environment, signal });
    this.#phase("Install Debian packages");
    const what = "installing Debian packages";
    await workshop.run(what, ["sh", "-c", before]);
    for (const step of steps) await workshop.run(what, dpkgArguments(step));
    // Triggers that are left.
    await workshop.run(what, ["dpkg", "--configure", "--pending"]);
    await workshop.run(what, ["sh", "-c", after]);
  }

  #make(
    reference: string,
    image: { readonly base?: StoredImage; readonly layer?: Readable; readonly settings: ImageSettings },
  ): Promise<StoredImage> {
    const created = new Date(this.#seconds * 1000).toISOString();
    return makeImage(this.#store, reference, { ...image, madeBy, created, signal: this.#options.signal });
  }

  #phase(phase: string): void {
    this.#options.onPhase?.({ type: "phase", phase, done: 0, total: 1 });
  }
}

/** Files in no hurry to reach the disk, as they are only in memory; and the image's own settings stay where they are. */
function dpkgArguments(step: DpkgStep): readonly string[] {
  const first = ["dpkg", "--force-unsafe-io", "--force-confdef", "--force-confold"];
  return step.do === "unpack"
    ? [...first, "--unpack", ...step.files.map((file) => `${packagesPlace}/${file}`)]
    : [...first, "--configure", ...step.packages];
}

const argvOf = (command: Command): readonly string[] =>
  "shell" in command ? ["sh", "-c", command.shell] : command.argv;

/** As images write them; sorted, so that the order in the recipe is none of the image's. */
function imageSettings(settings: RecipeSettings): ImageSettings {
  const { entrypoint, command, environment, user, workingDirectory, stopSignal, labels } = settings;
  const env = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  return {
    ...(entrypoint === undefined ? {} : { Entrypoint: entrypoint }),
    ...(command === undefined ? {} : { Cmd: argvOf(command) }),
    ...(env.length === 0 ? {} : { Env: env.sort() }),
    ...(user === undefined ? {} : { User: user }),
    ...(workingDirectory === undefined ? {} : { WorkingDir: workingDirectory }),
    ...(stopSignal === undefined ? {} : { StopSignal: stopSignal }),
    ...(Object.keys(labels).length === 0 ? {} : { Labels: Object.fromEntries(Object.entries(labels).sort()) }),
  };
}
