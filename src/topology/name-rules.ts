/** What names may look like, each as a pattern for the schema and a sentence for people. */

/** One label of a host name (RFC 1123, section 2.1), since a node's name is one. */
export const labelPattern = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;
export const labelRule = "letters, digits and hyphens, at most 63, with a letter or digit first and last";

/** A host name of one or several labels; Linux keeps 64 bytes (HOST_NAME_MAX). */
export const hostnamePattern =
  /^(?=.{1,64}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;
export const hostnameRule =
  "labels of letters, digits and hyphens with dots between them, at most 64 characters in all";

/** Processes and tags; `@` sets off the node of a process that runs on several. */
export const processNamePattern = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,126}$/;
export const processNameRule = "letters, digits and any of . _ - @, at most 127, with a letter or digit first";

/** Bytes of an interface name without the final zero: IFNAMSIZ − 1 (linux/if.h). */
export const interfaceNameBytes = 15;

/** Why the kernel would refuse an interface name (dev_valid_name in net/core/dev.c), or undefined. */
export function interfaceNameProblem(name: string): string | undefined {
  if (name === "") return "it is empty";
  const bytes = Buffer.byteLength(name);
  if (bytes > interfaceNameBytes) return `it has ${bytes} bytes and the kernel takes ${interfaceNameBytes}`;
  if (name === "." || name === "..") return "the kernel refuses it";
  const bad = /[\s/:%\p{Cc}]/u.exec(name)?.[0];
  if (bad !== undefined)
    return `it must not contain ${bad.trim() === "" ? "white space or control characters" : `"${bad}"`}`;
  // These two are folders beside the interfaces' own in /proc/sys/net/ipv4/conf.
  if (name === "all" || name === "default") return "the kernel's settings use that word for all interfaces";
  return undefined;
}

/** Why a word cannot name a node although it is a label, or undefined. */
export function nodeNameProblem(name: string): string | undefined {
  if (/^\d+$/.test(name)) return "programs would take a number for an address";
  if (name.toLowerCase() === "localhost") return "that is every node's name for itself";
  return undefined;
}
