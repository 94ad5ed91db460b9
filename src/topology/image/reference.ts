/**
 * Where an image comes from, as `image:` and the commands for images write it. The forms with a
 * transport are those of containers-transports(5), which skopeo takes as they are.
 */
export type ImageReference =
  /** A registry's; the store is asked first. */
  | {
      readonly from: "registry";
      /** `docker.io`, `localhost:5000`. */
      readonly registry: string;
      /** `library/debian`. */
      readonly repository: string;
      readonly tag?: string;
      /** `sha256:…`. */
      readonly digest?: string;
    }
  /** A folder with an OCI image layout. */
  | { readonly from: "oci"; readonly path: string; readonly name?: string }
  /** A file of `docker save`. */
  | { readonly from: "docker-archive"; readonly path: string; readonly name?: string }
  /** Of the Docker daemon, or of Podman's and Buildah's store, on this machine. */
  | { readonly from: "docker-daemon" | "containers-storage"; readonly name: string }
  /** A folder that is a root file system: used as it is, and never written to. */
  | { readonly from: "rootfs"; readonly path: string };

export type RegistryReference = Extract<ImageReference, { from: "registry" }>;

/** As Docker's own grammar has them (distribution/reference): a host with a dot, a colon or the name localhost comes first. */
const hostPattern = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/;
const repositoryPattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const tagPattern = /^\w[\w.-]{0,127}$/;
const digestPattern = /^sha256:[0-9a-f]{64}$/;
const transports = ["docker", "oci", "docker-archive", "docker-daemon", "containers-storage", "rootfs"] as const;

/**
 * Reads a reference to an image.
 *
 * @param absolute makes a path full
 * @returns the reference, or why it is none
 */
export function parseImageReference(
  text: string,
  absolute: (path: string) => string = (path) => path,
): ImageReference | { readonly problem: string } {
  if (/[\0-\x20\x7f]/.test(text)) return { problem: "it has a space or an invisible character in it" };
  if (/^\.{0,2}\//.test(text))
    return { problem: `it is a path: write rootfs:${text}, oci:${text} or docker-archive:${text}` };
  const transport = transports.find((one) => text.startsWith(`${one}:`));
  const rest = transport === undefined ? text : text.slice(transport.length + 1);
  // `docker:cli` is an image of that name, as it is for Docker.
  if (transport === undefined || (transport === "docker" && !rest.startsWith("//"))) return parseRegistryName(text);
  if (transport === "docker") return parseRegistryName(rest.slice(2));
  if (rest === "") return { problem: `nothing comes after ${transport}:` };
  switch (transport) {
    case "rootfs":
      return { from: "rootfs", path: absolute(rest) };
    case "oci":
    case "docker-archive": {
      const colon = rest.indexOf(":");
      const path = absolute(colon < 0 ? rest : rest.slice(0, colon));
      const name = colon < 0 ? "" : rest.slice(colon + 1);
      return { from: transport, path, ...(name === "" ? {} : { name }) };
    }
    case "docker-daemon":
    case "containers-storage":
      return { from: transport, name: rest };
    default:
      return transport satisfies never;
  }
}

function parseRegistryName(text: string): ImageReference | { readonly problem: string } {
  const at = text.indexOf("@");
  const digest = at < 0 ? undefined : text.slice(at + 1);
  const named = at < 0 ? text : text.slice(0, at);
  if (digest !== undefined && !digestPattern.test(digest))
    return { problem: "what comes after @ is no digest (sha256: and 64 hexadecimal digits)" };
  const slash = named.indexOf("/");
  const first = slash < 0 ? "" : named.slice(0, slash);
  const isHost = first === "localhost" || /[.:]|[A-Z]/.test(first);
  const path = isHost ? named.slice(slash + 1) : named;
  const colon = path.lastIndexOf(":");
  const tag = colon < 0 ? undefined : path.slice(colon + 1);
  const name = colon < 0 ? path : path.slice(0, colon);
  if (isHost && !hostPattern.test(first)) return { problem: `${first} is no host name` };
  if (name === "") return { problem: "it has no name" };
  if (!repositoryPattern.test(name))
    return {
      problem: /[A-Z]/.test(name)
        ? "the name of an image has no capital letters"
        : `${name} is no name of an image (small letters, digits, and . _ - / between them)`,
    };
  if (tag !== undefined && !tagPattern.test(tag)) return { problem: `${tag} is no tag (letters, digits, _ . -)` };
  const registry = isHost && first !== "index.docker.io" ? first : "docker.io";
  return {
    from: "registry",
    registry,
    repository: registry === "docker.io" && !name.includes("/") ? `library/${name}` : name,
    // A digest says all; a tag beside it is for the reader.
    ...(digest === undefined ? { tag: tag ?? "latest" } : tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** The one text of a reference, from which `parseImageReference` makes it again: `docker.io/library/debian:12`. */
export function imageReferenceText(reference: ImageReference): string {
  switch (reference.from) {
    case "registry":
      return `${reference.registry}/${reference.repository}${suffix(reference)}`;
    case "oci":
    case "docker-archive":
      return `${reference.from}:${reference.path}${reference.name === undefined ? "" : `:${reference.name}`}`;
    case "docker-daemon":
    case "containers-storage":
      return `${reference.from}:${reference.name}`;
    case "rootfs":
      return `rootfs:${reference.path}`;
    default:
      return reference satisfies never;
  }
}

/** As people write it: without the parts that go without saying. `debian:12`. */
export function familiarName(text: string): string {
  return text.startsWith("docker.io/library/")
    ? text.slice("docker.io/library/".length)
    : text.startsWith("docker.io/")
      ? text.slice("docker.io/".length)
      : text;
}

const suffix = ({ tag, digest }: RegistryReference): string =>
  `${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
