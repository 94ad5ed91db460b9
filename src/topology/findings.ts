import type { Catalogue, ErrorCode } from "./errors/catalogue.ts";
import { type ErrorReport, labError, NetwrightError } from "./errors/error.ts";
import { type Locate, type Path, pathText, type Target } from "./source/source.ts";

/** More than anybody reads; a broken file of a megabyte must not become a gigabyte of messages. */
const maximumErrors = 1000;

/**
 * What is wrong with a lab file, collected while it is read, so that all of it is told at once. It
 * also remembers which parts are spoilt, so that one mistake is not reported again by those who
 * depend on the part.
 */
export class Findings {
  readonly #locate: Locate;
  readonly #errors: NetwrightError[] = [];
  readonly #warnings: NetwrightError[] = [];
  readonly #tainted = new Set<string>();
  readonly #meaningless = new Set<string>();
  readonly #seen = new Set<string>();
  #dropped = 0;

  constructor(locate: Locate) {
    this.#locate = locate;
  }

  /** Reports an error at a path, and marks the path as spoilt. */
  error<Code extends ErrorCode>(
    code: Code,
    details: Parameters<Catalogue[Code]["message"]>[0],
    path: Path,
    target: Target = "value",
  ): void {
    this.taint(path);
    if (this.#isMeaningless(path)) return;
    const key = `${target} ${pathText(path)} ${code} ${JSON.stringify(details, textOfBigint)}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    if (this.#errors.length >= maximumErrors) {
      this.#dropped++;
      return;
    }
    const at = this.#locate(path, target);
    this.#errors.push(labError(code, details, at === undefined ? {} : { at }));
  }

  warn<Code extends ErrorCode>(
    code: Code,
    details: Parameters<Catalogue[Code]["message"]>[0],
    path: Path,
    target: Target = "value",
  ): void {
    if (this.#warnings.length >= maximumErrors) return;
    const at = this.#locate(path, target);
    this.#warnings.push(labError(code, details, at === undefined ? {} : { at }));
  }

  /** Says that the value at a path means nothing after an error, so that no more are reported about it. */
  dismiss(path: Path): void {
    this.taint(path);
    this.#meaningless.add(pathText(path));
  }

  #isMeaningless(path: Path): boolean {
    if (this.#meaningless.size === 0) return false;
    return path.some((_, index) => this.#meaningless.has(pathText(path.slice(0, index + 1))));
  }

  /** Takes an error that was made elsewhere. */
  add(error: NetwrightError): void {
    this.#errors.push(error);
  }

  /** Takes an error that was made elsewhere, about the value at a path: now it is one of a file, exit code 2. */
  addAt({ code, message, remedy }: NetwrightError, path: Path): void {
    const at = this.#locate(path, "value");
    const options = { exitCode: 2, at, ...(remedy === undefined ? {} : { remedy }) };
    this.#errors.push(new NetwrightError(code, message, options));
  }

  /** Marks a path and all that it is part of as spoilt. */
  taint(path: Path): void {
    for (let length = 1; length <= path.length; length++) this.#tainted.add(pathText(path.slice(0, length)));
  }

  /** Whether something is wrong at or below a path. */
  isTainted(path: Path): boolean {
    return this.#tainted.size > 0 && this.#tainted.has(pathText(path));
  }

  get hasErrors(): boolean {
    return this.#errors.length > 0;
  }

  /** In the order of the file. */
  get errors(): readonly NetwrightError[] {
    const errors = inOrder(this.#errors);
    return this.#dropped === 0 ? errors : [...errors, labError("LAB_FILE_TOO_MANY_ERRORS", { more: this.#dropped })];
  }

  get warnings(): readonly NetwrightError[] {
    return inOrder(this.#warnings);
  }
}

const textOfBigint = (_key: string, value: unknown): unknown => (typeof value === "bigint" ? String(value) : value);

/** By place; the same message at the same place once. */
function inOrder(errors: readonly NetwrightError[]): readonly NetwrightError[] {
  const seen = new Set<string>();
  const place = ({ at }: ErrorReport | NetwrightError) => (at === undefined ? -1 : at.line * 1e6 + at.column);
  return [...errors]
    .sort((a, b) => place(a) - place(b))
    .filter((error) => {
      const key = `${place(error)} ${error.message}`;
      return !seen.has(key) && seen.add(key);
    });
}
