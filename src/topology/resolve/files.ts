import type { Findings } from "../findings.ts";
import type { Path } from "../source/source.ts";
import type { Context, MachineDefinition } from "./settings.ts";

type FileDefinition = NonNullable<MachineDefinition["files"]>[string];

/** The bytes of a file in base64, from wherever its definition has them; undefined after an error. */
export function fileBytes(
  target: string,
  definition: FileDefinition,
  at: Path,
  { findings, files }: Pick<Context, "findings" | "files">,
): string | undefined {
  if (typeof definition === "string") return base64Of(definition);
  const { content, base64, from } = definition;
  if ([content, base64, from].filter((source) => source !== undefined).length !== 1) {
    findings.error("FILE_FORM", { path: target }, at, "key");
    return undefined;
  }
  if (content !== undefined) return base64Of(content);
  if (base64 !== undefined) {
    const compact = base64.replace(/\s+/g, "");
    const bytes = Buffer.from(compact, "base64").toString("base64");
    if (bytes.replace(/=+$/, "") === compact.replace(/=+$/, "")) return bytes;
    findings.error("BASE64_INVALID", { path: target }, [...at, "base64"]);
    return undefined;
  }
  const bytes = files.read(from as string, "The file", [...at, "from"]);
  return bytes === undefined ? undefined : Buffer.from(bytes).toString("base64");
}

const base64Of = (text: string): string => Buffer.from(text).toString("base64");

/** Permission bits from octal digits; 0644 when there are none. */
export function fileMode(mode: string | number | undefined, at: Path, findings: Findings): number {
  if (mode === undefined) return 0o644;
  if (typeof mode === "string" && /^(0?[0-7]{3}|[0-7]{4})$/.test(mode)) return Number.parseInt(mode, 8);
  findings.error("FILE_MODE", { mode: typeof mode === "number" ? `the number ${mode}` : mode }, [...at, "mode"]);
  return 0o644;
}

/** The text of frr.conf; undefined after an error. */
export function frrConfig(
  definition: NonNullable<MachineDefinition["frr"]>,
  at: Path,
  { findings, files }: Context,
): string | undefined {
  const { config, from } = definition;
  if ((config === undefined) === (from === undefined)) {
    findings.error("FRR_FORM", {}, at, "key");
    return undefined;
  }
  if (config !== undefined) return config;
  const bytes = files.read(from as string, "The FRR configuration", [...at, "from"]);
  return bytes === undefined ? undefined : Buffer.from(bytes).toString();
}
