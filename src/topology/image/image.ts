import type { Command } from "../model.ts";

/** What a node has in place of the host's programs. */
export type NodeImage = {
  /** As `imageReferenceText` writes it; paths are absolute. */
  readonly reference: string;
  /** When the source is asked: only where the store has not the image, at each start, never. */
  readonly pull: ImagePull;
  /** In place of the image's; empty: none. The image's own command is then left out, as Docker does. */
  readonly entrypoint?: readonly string[];
  /** In place of the image's; `none`: nothing of the image is run. */
  readonly command?: Command | "none";
  /** A user name or `uid[:gid]` of the image; the image's when absent. */
  readonly user?: string;
  /** Absolute; the image's when absent. */
  readonly workingDirectory?: string;
  /** What the image is, once it has been fetched. The resolver knows nothing of it. */
  readonly content?: ImageContent;
};

export type ImagePull = "missing" | "always" | "never";

/** An image that is unpacked on this machine. */
export type ImageContent = {
  /** `sha256:…` of its configuration, which names its layers: the same for the same image. Of a `rootfs:`, its path. */
  readonly id: string;
  /** Full paths of folders, lowest first. */
  readonly layers: readonly string[];
  readonly config: ImageConfig;
};

/** What of an image's configuration a node uses (OCI image specification, config.md). */
export type ImageConfig = {
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Empty: root. */
  readonly user: string;
  /** Absolute. */
  readonly workingDirectory: string;
  /** A name of signal(7) such as SIGTERM. */
  readonly stopSignal: string;
};
