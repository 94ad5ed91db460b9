import { type Catalogue, catalogue, type ErrorCode } from "./catalogue.ts";

/**
 * A place in a source file. Lines and columns count from 1; `length` in characters. A lab that a
 * program defined has no lines: then `line` is 0 and `path` says where.
 */
export type SourcePosition = {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly length: number;
  /** The whole text of that line, for the excerpt. */
  readonly text: string;
  /** The same place as a path of keys, e.g. `nodes.h1.interfaces.eth0`. */
  readonly path?: string;
};

/** The JSON form of an error, on the API and in `--json` output. */
export type ErrorReport = {
  readonly code: string;
  readonly message: string;
  readonly remedy?: string;
  readonly at?: SourcePosition;
  readonly causes?: readonly string[];
};

/** The one error class of the project: what happened, to what, why, and what to do. */
export class NetwrightError extends Error {
  override readonly name = "NetwrightError";
  readonly code: ErrorCode;
  readonly remedy: string | undefined;
  readonly at: SourcePosition | undefined;
  readonly exitCode: number;

  constructor(
    code: ErrorCode,
    message: string,
    options: { remedy?: string; at?: SourcePosition | undefined; exitCode: number; cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.remedy = options.remedy;
    this.at = options.at;
    this.exitCode = options.exitCode;
  }

  toReport(): ErrorReport {
    return {
      code: this.code,
      message: this.message,
      ...(this.remedy === undefined ? {} : { remedy: this.remedy }),
      ...(this.at === undefined ? {} : { at: this.at }),
    };
  }
}

/** Several errors of one lab file, all at once. */
export class LabFileError extends Error {
  override readonly name = "LabFileError";
  readonly exitCode = 2;
  readonly errors: readonly NetwrightError[];

  constructor(errors: readonly NetwrightError[]) {
    super(errors.map((error) => error.message).join("\n"));
    this.errors = errors;
  }
}

/**
 * Builds an error of the catalogue.
 *
 * @param details what the catalogue's message and remedy speak of
 * @param options.at where in the lab file
 * @param options.cause the error underneath, kept
 */
export function labError<Code extends ErrorCode>(
  code: Code,
  details: Parameters<Catalogue[Code]["message"]>[0],
  options: { at?: SourcePosition | undefined; cause?: unknown } = {},
): NetwrightError {
  const entry = catalogue[code] as {
    exitCode: number;
    message(d: unknown): string;
    remedy?(d: unknown): string | undefined;
  };
  const remedy = entry.remedy?.(details);
  return new NetwrightError(code, entry.message(details), {
    exitCode: entry.exitCode,
    ...(remedy === undefined ? {} : { remedy }),
    ...options,
  });
}
