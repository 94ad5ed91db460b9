import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { buffer } from "node:stream/consumers";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { type Header, pack } from "tar-stream";

/** Images as tests need them, written by hand: layers of any entries, good and bad, in an OCI image layout. */

export type Entry = Partial<Omit<Header, "type">> & {
  readonly name: string;
  readonly type?: Header["type"];
  readonly content?: string | Uint8Array;
  readonly pax?: Readonly<Record<string, string>>;
};

export type Settings = {
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly Env?: readonly string[];
  readonly User?: string;
  readonly WorkingDir?: string;
  readonly StopSignal?: string;
};

const digestOf = (bytes: Uint8Array) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

export async function tarOf(entries: readonly Entry[]): Promise<Buffer> {
  const archive = pack();
  const bytes = buffer(archive as unknown as AsyncIterable<Buffer>);
  for (const { content = "", ...header } of entries) {
    const full = { mtime: new Date(1e12), mode: header.type === "directory" ? 0o755 : 0o644, ...header };
    if (header.type === undefined || header.type === "file") archive.entry({ ...full, type: "file" }, content);
    else archive.entry(full).end(undefined);
  }
  archive.finalize();
  return bytes;
}

export const compressions = {
  gzip: (tar: Buffer) => gzipSync(tar, { level: 1 }),
  zstd: (tar: Buffer) => zstdCompressSync(tar),
  none: (tar: Buffer) => tar,
} as const;

export type LayoutOptions = {
  readonly name?: string;
  readonly settings?: Settings;
  readonly compression?: keyof typeof compressions;
  readonly architecture?: string;
};

/** Writes an image layout. @returns the digests of its layers' blobs */
export function writeLayout(folder: string, tars: readonly Buffer[], options: LayoutOptions = {}): readonly string[] {
  const { settings = {}, compression = "gzip", name } = options;
  mkdirSync(`${folder}/blobs/sha256`, { recursive: true });
  const add = (bytes: Uint8Array, mediaType: string) => {
    const digest = digestOf(bytes);
    writeFileSync(`${folder}/blobs/sha256/${digest.slice(7)}`, bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));
  const layers = tars.map((tar) =>
    add(
      compressions[compression](tar),
      `application/vnd.oci.image.layer.v1.tar${{ gzip: "+gzip", zstd: "+zstd", none: "" }[compression]}`,
    ),
  );
  const architecture = options.architecture ?? (process.arch === "x64" ? "amd64" : process.arch);
  const config = add(
    json({ os: "linux", architecture, config: settings, rootfs: { type: "layers", diff_ids: tars.map(digestOf) } }),
    "application/vnd.oci.image.config.v1+json",
  );
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const manifest = add(json({ schemaVersion: 2, mediaType, config, layers }), mediaType);
  const annotations = name === undefined ? {} : { annotations: { "org.opencontainers.image.ref.name": name } };
  writeFileSync(`${folder}/oci-layout`, '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(`${folder}/index.json`, json({ schemaVersion: 2, manifests: [{ ...manifest, ...annotations }] }));
  return layers.map(({ digest }) => digest);
}

/** A small system: busybox under the names of its programs, with its libraries where it has some. */
export function busyboxEntries(): readonly Entry[] {
  const program = realpathSync("/bin/busybox");
  const applets = execFileSync(program, ["--list"], { encoding: "utf8" }).trim().split("\n");
  const libraries = librariesOf(program);
  const folders = ["bin", "etc", "root", "var", ...foldersOf(libraries)];
  return [
    ...folders.map((name): Entry => ({ name: `${name}/`, type: "directory" })),
    { name: "bin/busybox", mode: 0o755, content: readFileSync(program) },
    ...applets
      .filter((name) => name !== "busybox")
      .map((name): Entry => ({ name: `bin/${name}`, type: "symlink", linkname: "busybox" })),
    ...libraries.map((path): Entry => ({ name: path.slice(1), mode: 0o755, content: readFileSync(path) })),
    { name: "etc/passwd", content: "root:x:0:0:root:/root:/bin/sh\nweb:x:33:33:web:/srv:/bin/sh\n" },
    { name: "etc/group", content: "root:x:0:\nweb:x:33:\n" },
  ];
}

const librariesOf = (program: string): readonly string[] => {
  try {
    const said = execFileSync("ldd", [program], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return [...new Set([...said.matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path as string))];
  } catch {
    // A static one has none.
    return [];
  }
};

function foldersOf(files: readonly string[]): readonly string[] {
  const folders = new Set<string>();
  for (const file of files) {
    const parts = file.split("/").slice(1, -1);
    for (const index of parts.keys()) folders.add(parts.slice(0, index + 1).join("/"));
  }
  return [...folders].filter((folder) => !["bin", "etc"].includes(folder));
}
