import { readFileSync } from "node:fs";

/**
 * What the user's docker login left for an image's registry, as the engine's API wants it (X-Registry-Auth:
 * base64url of a JSON object). Credential helpers are programs, and are not asked.
 *
 * @returns undefined where there is nothing
 */
export function registryCredentials(
  image: string,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const folder = environment["DOCKER_CONFIG"] ?? `${environment["HOME"] ?? "/root"}/.docker`;
  const registry = registryOf(image);
  const names =
    registry === "docker.io" ? ["https://index.docker.io/v1/", "docker.io"] : [registry, `https://${registry}`];
  let auths: Readonly<Record<string, { readonly auth?: string }>>;
  try {
    ({ auths = {} } = JSON.parse(readFileSync(`${folder}/config.json`, "utf8")) as { auths?: typeof auths });
  } catch {
    return undefined;
  }
  const auth = names.map((name) => auths[name]?.auth).find((one) => one !== undefined && one !== "");
  if (auth === undefined) return undefined;
  const [username = "", ...password] = Buffer.from(auth, "base64").toString().split(":");
  const value = { username, password: password.join(":"), serveraddress: names[0] };
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** The part before the first slash, where it is a host (distribution/reference). */
function registryOf(image: string): string {
  const slash = image.indexOf("/");
  const first = slash < 0 ? "" : image.slice(0, slash);
  return first === "localhost" || /[.:]/.test(first) ? first : "docker.io";
}
