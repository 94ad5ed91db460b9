/**
 * Whether a path of a URL is one of `pattern`, and with which parameters.
 *
 * @param pattern e.g. `/v1/nodes/:node/exec`
 * @returns undefined when it is not
 * @throws {URIError} for a path with a malformed escape (RFC 3986, 2.1)
 */
export function matchPath(pattern: string, path: string): Readonly<Record<string, string>> | undefined {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] as string;
    if (!part.startsWith(":")) {
      if (part !== value) return undefined;
    } else if (value === "") return undefined;
    else parameters[part.slice(1)] = decodeURIComponent(value);
  }
  return parameters;
}
