import * as z from "zod";
import type { ImageConfig } from "../../topology/image/image.ts";

/**
 * What an OCI image layout holds (OCI image specification: image-layout.md, manifest.md, config.md), as
 * far as it is used. Docker's own media types have the same shape.
 */

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);

const descriptor = z.looseObject({
  mediaType: z.string().optional(),
  digest,
  size: z.int().min(0),
  annotations: z.record(z.string(), z.string()).optional(),
  platform: z.looseObject({ os: z.string().optional(), architecture: z.string().optional() }).optional(),
});
export type Descriptor = z.infer<typeof descriptor>;

/** index.json of a layout, and an image for several platforms. */
export const imageIndex = z.looseObject({ manifests: z.array(descriptor) });

export const imageManifest = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  config: descriptor,
  layers: z.array(descriptor),
});
export type ImageManifest = z.infer<typeof imageManifest>;

export const imageConfigFile = z.looseObject({
  architecture: z.string().optional(),
  os: z.string().optional(),
  created: z.string().optional(),
  config: z
    .looseObject({
      User: z.string().nullish(),
      Env: z.array(z.string()).nullish(),
      Entrypoint: z.array(z.string()).nullish(),
      Cmd: z.array(z.string()).nullish(),
      WorkingDir: z.string().nullish(),
      StopSignal: z.string().nullish(),
    })
    .nullish(),
  rootfs: z.looseObject({ type: z.string().optional(), diff_ids: z.array(digest) }),
  history: z.array(z.looseObject({ empty_layer: z.boolean().optional() })).nullish(),
});
export type ImageConfigFile = z.infer<typeof imageConfigFile>;

export const mediaTypes = {
  index: "application/vnd.oci.image.index.v1+json",
  dockerList: "application/vnd.docker.distribution.manifest.list.v2+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar+gzip",
} as const;

/** What an image says of how it runs, with what goes without saying filled in. */
export function configOf({ config }: ImageConfigFile): ImageConfig {
  const directory = config?.WorkingDir ?? "";
  return {
    entrypoint: config?.Entrypoint ?? [],
    command: config?.Cmd ?? [],
    environment: Object.fromEntries(
      (config?.Env ?? []).map((line) => {
        const at = line.indexOf("=");
        return at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
      }),
    ),
    user: config?.User ?? "",
    workingDirectory: directory.startsWith("/") ? directory : `/${directory}`,
    stopSignal: signalName(config?.StopSignal ?? ""),
  };
}

/** Names and numbers of signals are both allowed; a real-time signal is taken for SIGTERM, which Node can send. */
function signalName(text: string): string {
  const byNumber: Readonly<Record<string, string>> = {
    "1": "SIGHUP",
    "2": "SIGINT",
    "3": "SIGQUIT",
    "6": "SIGABRT",
    "9": "SIGKILL",
    "10": "SIGUSR1",
    "12": "SIGUSR2",
    "14": "SIGALRM",
    "15": "SIGTERM",
    "28": "SIGWINCH",
    "30": "SIGPWR",
  };
  const name = byNumber[text] ?? (text.startsWith("SIG") ? text : `SIG${text}`);
  return Object.values(byNumber).includes(name) ? name : "SIGTERM";
}

/** As images say it: GOARCH. */
export const architectures: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };
