import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import type { Locations } from "../api/locations.ts";
import type { Confinement } from "../images/confinement.ts";
import { labError } from "../topology/errors/error.ts";
import type { ImageContent } from "../topology/image/image.ts";
import { withImages } from "../topology/image/program.ts";
import {
  familiarName,
  type ImageReference,
  parseImageReference,
  type RegistryReference,
} from "../topology/image/reference.ts";
import { type Lab, type NodeName, type ProgramNode, runsPrograms } from "../topology/model.ts";
import { entryOf } from "./installation.ts";
import type { LaunchPhase } from "./lab.ts";
import { readIdFacts, toolPath } from "./launch/id-facts.ts";
import { type IdMap, planIdMap } from "./launch/id-map.ts";
import { makeUserNamespace, type UserNamespace } from "./launch/user-namespace.ts";

export type ImageOptions = {
  readonly locations: Locations;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
  readonly onPhase?: (phase: LaunchPhase) => void;
};

/** Where images are kept. */
export const imageFolder = ({ cache }: Locations): string => `${cache}/images`;

/** Where Debian packages are kept that images are built of. */
export const packageFolder = ({ cache }: Locations): string => `${cache}/packages`;

/** The nodes of a lab that Netwright makes of images itself. */
const imageNodes = (lab: Lab): readonly (ProgramNode & { image: NonNullable<ProgramNode["image"]> })[] =>
  lab.nodes.filter(
    (node): node is ProgramNode & { image: NonNullable<ProgramNode["image"]> } =>
      runsPrograms(node) && node.engine === "namespace" && node.image !== undefined,
  );

/**
 * The lab with its images fetched and unpacked, and their programs among its processes. Until it is
 * released, none of them is removed.
 *
 * @param user the ids that the lab runs under, where they are made already
 */
export async function prepareImages(
  lab: Lab,
  options: ImageOptions,
  user?: UserNamespace,
): Promise<{ readonly lab: Lab; release(): void }> {
  const nodes = imageNodes(lab);
  if (nodes.length === 0) return { lab, release: () => undefined };
  const { contentOf, ImageStore, lockFile } = await import("../images/index.ts");
  const store = new ImageStore(imageFolder(options.locations));
  await store.prepare();
  const held = await lockFile(store.lockFile("store"), "shared", options.signal);
  using confined = new Confined(options.environment, user);
  try {
    const confinement = await confined.confinement(options.signal);
    const known = new Map<string, Promise<ImageContent>>();
    const contents = new Map<NodeName, ImageContent>();
    for (const { name, image } of nodes) {
      const key = `${image.pull} ${image.reference}`;
      const reference = readReference(image.reference);
      const shown = familiarName(image.reference);
      const content =
        known.get(key) ??
        contentOf(store, reference, confinement, {
          ...options,
          pull: image.pull,
          onProgress: ({ doing, done, total }) =>
            options.onPhase?.(phaseOf(doing === "fetch" ? `Fetch ${shown}` : `Unpack ${shown}`, done, total)),
        });
      known.set(key, content);
      contents.set(name, await content);
    }
    return { lab: withImages(lab, contents), release: () => held.release() };
  } catch (error) {
    held.release();
    throw error;
  }
}

/** The lab with what is known of its images without asking anybody, as for a dry run. */
export async function withKnownImages(
  lab: Lab,
  options: Pick<ImageOptions, "locations" | "environment">,
): Promise<Lab> {
  const nodes = imageNodes(lab);
  if (nodes.length === 0) return lab;
  const { ImageStore, knownContent } = await import("../images/index.ts");
  const store = new ImageStore(imageFolder(options.locations));
  const key = mapKey(planIdMap(readIdFacts(toolPath(options.environment["PATH"]))));
  const contents = new Map<NodeName, ImageContent>();
  for (const { name, image } of nodes) {
    const content = await knownContent(store, readReference(image.reference), { key });
    if (content !== undefined) contents.set(name, content);
  }
  return withImages(lab, contents);
}

/** @throws IMAGE_NAME_INVALID */
export function readReference(text: string, absolute?: (path: string) => string): ImageReference {
  const reference = parseImageReference(text, absolute);
  if ("problem" in reference) throw labError("IMAGE_NAME_INVALID", { text, problem: reference.problem });
  return reference;
}

/** The name of an image that is made here: one as registries have it, with a tag. @throws IMAGE_NAME_INVALID */
export function requireOwnName(text: string): RegistryReference {
  const reference = readReference(text);
  const problem =
    reference.from !== "registry"
      ? "what is made here has a plain name and a tag; to send it elsewhere, push it"
      : reference.digest !== undefined
        ? "what is made here has a tag and no digest"
        : undefined;
  if (reference.from === "registry" && problem === undefined) return reference;
  throw labError("IMAGE_NAME_INVALID", { text, problem: problem ?? "it is none" });
}

/** The ids of labs, for as long as something is done under them. */
export class Confined implements Disposable {
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #given: UserNamespace | undefined;
  #made: UserNamespace | undefined;

  constructor(environment: Readonly<Record<string, string | undefined>>, given?: UserNamespace) {
    this.#environment = environment;
    this.#given = given;
  }

  async confinement(signal?: AbortSignal): Promise<Confinement> {
    const path = toolPath(this.#environment["PATH"]);
    const user = this.#given ?? this.#made ?? (await makeUserNamespace(path, signal));
    if (this.#given === undefined) this.#made = user;
    const { map } = user;
    const { NODE_OPTIONS: _, NODE_V8_COVERAGE: __, ...environment } = this.#environment;
    const enter = [`--user=${user.path}`, ...user.asRoot];
    const startWorker = async (): Promise<ChildProcess> =>
      spawn("nsenter", [...enter, process.execPath, entryOf("images/worker", import.meta.url)], {
        env: { ...environment, PATH: path },
        stdio: ["pipe", "pipe", "pipe"],
      });
    const own = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
    const prefix = ["nsenter", ...enter, ...own] as const;
    return { key: mapKey(map), ids: idsOf(map), owner: map.owner, prefix: [...prefix], startWorker };
  }

  [Symbol.dispose](): void {
    this.#made?.release();
  }
}

/** How many ids there are from 0 on, of users and of groups. */
const idsOf = (map: IdMap): number =>
  Math.min(...[map.uid, map.gid].map((ranges) => ranges.reduce((sum, { count }) => sum + count, 0)));

const mapKey = (map: IdMap): string =>
  createHash("sha256")
    .update(JSON.stringify([map.uid, map.gid]))
    .digest("hex")
    .slice(0, 8);

/** Counted in megabytes, as people think of images. */
export function phaseOf(phase: string, done: number, total: number): LaunchPhase {
  const megabytes = (bytes: number) => Math.ceil(bytes / 1e6);
  // What is done ends with the next phase, and not by its count: the last file is still being written.
  return {
    type: "phase",
    phase,
    done: Math.min(megabytes(done), Math.max(0, megabytes(total) - 1)),
    total: megabytes(total),
  };
}
