/**
 * How an engine itself calls an image.
 *
 * @param reference as the lab has it: `docker.io/library/debian:12`, `docker-daemon:web:1`, …
 * @returns undefined for what an engine does not take by name
 */
export function engineImageName(reference: string): string | undefined {
  for (const own of ["docker-daemon:", "containers-storage:"])
    if (reference.startsWith(own)) return reference.slice(own.length);
  if (/^(oci|docker-archive|rootfs):/.test(reference)) return undefined;
  return reference;
}
