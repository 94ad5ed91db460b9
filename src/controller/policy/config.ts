import { existsSync } from "node:fs";
import { isIP } from "node:net";
import * as z from "zod";
import { defaultRegistries, type ServerRules } from "./rules.ts";

const portRange = z
  .string()
  .regex(/^\d{1,5}-\d{1,5}$/, "a range of ports such as 20000-20999")
  .transform((text) => text.split("-").map(Number) as [number, number])
  .refine(([from, to]) => from >= 1024 && from <= to && to <= 65_535, "a range of ports between 1024 and 65535");

/** Keys of the server's configuration about what labs may. */
export const ruleSettings = {
  /** Registries that images come from: `ghcr.io`, `registry.example.org:5000`, `*.example.org`. */
  registries: z
    .array(z.string().regex(/^(?:\*\.)?[A-Za-z0-9.:[\]-]+$/, "a host, such as registry.example.org:5000"))
    .optional(),
  /** Where published ports of labs are. */
  ports: z
    .strictObject({
      address: z.string().refine((text) => isIP(text) !== 0, "an address of this machine, such as 192.0.2.1"),
      range: portRange,
    })
    .optional(),
  /** Files with disks that virtual machines may have, by the name that lab files give. */
  "vm-images": z
    .record(z.string().regex(/^[a-z0-9][a-z0-9.-]{0,60}$/, "a name such as debian-12"), z.string())
    .optional(),
} as const;

type Settings = z.output<z.ZodObject<typeof ruleSettings>>;

/**
 * @param resolve makes a path full
 * @param invalid makes the error that is thrown when a file is missing
 */
export function rulesOf(
  settings: Settings,
  resolve: (path: string) => string,
  invalid: (problem: string) => Error,
): ServerRules {
  const vmImages = new Map(Object.entries(settings["vm-images"] ?? {}).map(([name, path]) => [name, resolve(path)]));
  for (const [name, path] of vmImages)
    if (!existsSync(path)) throw invalid(`vm-images.${name}: there is no file ${path}.`);
  const { ports } = settings;
  return {
    registries: settings.registries ?? [...defaultRegistries],
    ...(ports === undefined ? {} : { ports: { address: ports.address, from: ports.range[0], to: ports.range[1] } }),
    vmImages,
  };
}
