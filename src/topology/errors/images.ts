import { entry } from "./entry.ts";

/** Indents what a program said last, to be read below the message. */
const lastWords = (lines: readonly string[]): string =>
  lines.length === 0 ? "" : ` It said:\n${lines.map((line) => `  ${line}`).join("\n")}`;

/** Errors of images: fetching, unpacking, the store. `image`: as people write it. */
export const imageErrors = {
  IMAGE_NOT_FOUND: entry<{ image: string; where: string }>({
    exitCode: 2,
    message: ({ image, where }) => `There is no image ${image} ${where}.`,
    remedy: () => "Check name and tag. What this machine has is shown by: netwright image ls",
  }),
  IMAGE_NOT_HERE: entry<{ image: string }>({
    exitCode: 2,
    message: ({ image }) => `The image ${image} is not on this machine, and pull: never forbids to fetch it.`,
    remedy: ({ image }) => `Fetch it with: netwright image pull ${image}`,
  }),
  IMAGE_ACCESS_DENIED: entry<{ image: string; registry: string; detail: string }>({
    exitCode: 1,
    message: ({ image, registry, detail }) => `${registry} does not let you at ${image}: ${detail}.`,
    remedy: ({ registry }) =>
      `Log in with: skopeo login ${registry} (or docker login ${registry}), and check that the name is right: registries say the same of an image that is not there.`,
  }),
  IMAGE_SOURCE_UNREACHABLE: entry<{ image: string; source: string; detail: string }>({
    exitCode: 1,
    message: ({ image, source, detail }) => `${image} cannot be had: ${source} cannot be reached (${detail}).`,
    remedy: () => "Check the name, the network, and HTTPS_PROXY where there is a proxy.",
  }),
  IMAGE_SOURCE_SILENT: entry<{ image: string; source: string; seconds: number }>({
    exitCode: 1,
    message: ({ image, source, seconds }) => `${source} sent nothing of ${image} for ${seconds} s.`,
    remedy: () =>
      "Try again; what has come is kept. A slow source is given more time by: netwright image pull --timeout",
  }),
  IMAGE_COPY_FAILED: entry<{ image: string; what: string; lastLines: readonly string[] }>({
    exitCode: 1,
    message: ({ image, what, lastLines }) => `${what} ${image} failed.${lastWords(lastLines)}`,
  }),
  IMAGE_PLATFORM: entry<{ image: string; platform: string; has: readonly string[] }>({
    exitCode: 3,
    message: ({ image, platform, has }) => `${image} is not for this machine (${platform}), but for ${has.join(", ")}.`,
  }),
  IMAGE_INVALID: entry<{ image: string; problem: string }>({
    exitCode: 1,
    message: ({ image, problem }) => `${image} is no image that can be run: ${problem}.`,
  }),
  IMAGE_DAMAGED: entry<{ image: string; problem: string }>({
    exitCode: 1,
    message: ({ image, problem }) => `The image ${image} is damaged: ${problem}.`,
    remedy: ({ image }) => `Fetch it anew with: netwright image pull ${image}; where it was made here, make it again.`,
  }),
  LAYER_UNSAFE: entry<{ image: string; entry: string; problem: string }>({
    exitCode: 1,
    message: ({ image, entry: name, problem }) =>
      `The image ${image} is not unpacked: ${JSON.stringify(name)} in one of its layers ${problem}.`,
    remedy: () => "No tool that makes images writes such a thing by mistake: do not trust its maker.",
  }),
  LAYER_INVALID: entry<{ image: string; problem: string }>({
    exitCode: 1,
    message: ({ image, problem }) => `The image ${image} cannot be unpacked: ${problem}.`,
  }),
  IMAGE_STORE_FULL: entry<{ image: string; folder: string }>({
    exitCode: 3,
    message: ({ image, folder }) => `There is no room for ${image} in ${folder}.`,
    remedy: () =>
      "Make room, for example with: netwright image prune. Or set NETWRIGHT_CACHE_DIR to a folder on a larger disk.",
  }),
  IMAGE_STORE_REFUSED: entry<{ folder: string; reason: string }>({
    exitCode: 3,
    message: ({ folder, reason }) => `Images cannot be kept in ${folder}: ${reason}.`,
    remedy: () => "Set NETWRIGHT_CACHE_DIR to a folder on a local disk (ext4, XFS, Btrfs, or tmpfs from Linux 6.6 on).",
  }),
  IMAGE_IN_USE: entry<{ image: string; labs: readonly string[] }>({
    exitCode: 1,
    message: ({ image, labs }) => `${image} is used by the lab${labs.length === 1 ? "" : "s"} ${labs.join(", ")}.`,
    remedy: () => "Take it down first.",
  }),
  IMAGE_NAME_INVALID: entry<{ text: string; problem: string }>({
    exitCode: 2,
    message: ({ text, problem }) => `${JSON.stringify(text)} names no image: ${problem}.`,
    remedy: () => "Write a name such as web:v1 or registry.example.org/team/web:1.4.",
  }),
  IMAGE_NODE_NEEDED: entry<{ node: string }>({
    exitCode: 2,
    message: ({ node }) =>
      `${node} has no image: it runs the programs of this machine, so there is nothing to save it on top of.`,
    remedy: ({ node }) =>
      `Give the node an image: in the lab file. Its own files are had with: netwright cp ${node}:/etc FOLDER`,
  }),
  COMMIT_UNSUPPORTED: entry<{ node: string; what: string; instead: string }>({
    exitCode: 2,
    message: ({ node, what }) => `${node} cannot be saved as an image: it is ${what}.`,
    remedy: ({ instead }) => instead,
  }),
  COMMIT_BASE_FOLDER: entry<{ node: string; image: string }>({
    exitCode: 2,
    message: ({ node, image }) => `${node} cannot be saved as an image: what it is made of is a folder (${image}).`,
    remedy: () => "Make an image of the folder first, for example with: tar -C FOLDER -c . | docker import - NAME",
  }),
  COMMIT_BASE_GONE: entry<{ node: string; image: string }>({
    exitCode: 1,
    message: ({ node, image }) => `The image that ${node} was made of (${image}) is not in the store any more.`,
    remedy: ({ node, image }) =>
      `Fetch it again, by its digest where ${image} means another by now, and start the node anew: netwright node restart ${node}`,
  }),
  RECIPE_INVALID: entry<{ problem: string; remedy: string }>({
    exitCode: 2,
    message: ({ problem }) => `This recipe cannot be followed: ${problem}.`,
    remedy: ({ remedy }) => remedy,
  }),
  RECIPE_UNREADABLE: entry<{ file: string; reason: string }>({
    exitCode: 2,
    message: ({ file, reason }) => `The recipe ${file} cannot be read: ${reason}.`,
  }),
  RECIPE_NEEDS_IDS: entry<{ image: string }>({
    exitCode: 3,
    message: ({ image }) =>
      `${image} cannot be built: Debian packages have files of several users, and you have no subordinate ids.`,
    remedy: () => "Have some given to you, as netwright doctor says, or build it as root.",
  }),
  RECIPE_NO_DEBIAN: entry<{ image: string; base: string }>({
    exitCode: 1,
    message: ({ image, base }) =>
      `${image} cannot be built: it asks for Debian packages on top of ${base}, which is not made of such.`,
    remedy: () => "Write another from:, or leave it out.",
  }),
  RECIPE_STEP_FAILED: entry<{ image: string; what: string; how: string; lastLines: readonly string[] }>({
    exitCode: 1,
    message: ({ image, what, how, lastLines }) => `${image} cannot be built: ${what} ${how}.${lastWords(lastLines)}`,
  }),
  IMAGE_ROOT_REFUSED: entry<{ node: string; image: string; reason: string }>({
    exitCode: 3,
    message: ({ node, image, reason }) => `${node}: the kernel refuses a file system of ${image}: ${reason}.`,
    remedy: () => "Overlays without root need Linux 5.11, and layers on a local file system. See: netwright doctor",
  }),
  PROCESSOR_UNKNOWN: entry<{ processor: string }>({
    exitCode: 3,
    message: ({ processor }) => `Images cannot be run on this machine: its processor (${processor}) is not known.`,
    remedy: () => "Images run on x86-64 and arm64.",
  }),
  SHELL_MISSING: entry<{ node: string }>({
    exitCode: 1,
    message: ({ node }) => `There is no shell on ${node}: its image has none.`,
    remedy: ({ node }) => `Run the programs it has with: netwright exec ${node} -- PROGRAM`,
  }),
} as const;
