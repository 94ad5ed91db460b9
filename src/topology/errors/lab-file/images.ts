import { entry } from "../entry.ts";

/** Errors of what a lab file says of images. */
export const imageFileErrors = {
  IMAGE_REFERENCE_INVALID: entry<{ text: string; problem: string }>({
    exitCode: 2,
    message: ({ text, problem }) => `${JSON.stringify(text)} names no image: ${problem}.`,
    remedy: () =>
      "Write an image such as debian:12 or registry.example.org/team/web:1.4, oci:FOLDER[:TAG], docker-archive:FILE or rootfs:FOLDER.",
  }),
  IMAGE_WITH_HOST_ROOT: entry<{ image: string }>({
    exitCode: 2,
    message: ({ image }) =>
      `A node cannot have both the file system of ${image} and that of this machine (root: host).`,
    remedy: () => "Leave out root: host, or the image.",
  }),
  IMAGE_SETTING_UNUSED: entry<{ key: string }>({
    exitCode: 2,
    message: ({ key }) => `${key}: says how an image is used, and the node has none.`,
    remedy: ({ key }) =>
      key === "command" || key === "entrypoint" || key === "user" || key === "working-directory"
        ? "Name an image, or write a process under processes:, which has command, user and directory."
        : "Name an image, or leave it out.",
  }),
  CONTAINER_NEEDS_IMAGE: entry<Record<never, never>>({
    exitCode: 2,
    message: () => "A container is made of an image, and the node has none.",
    remedy: () => "Name one with image:, or leave out engine: container.",
  }),
} as const;
