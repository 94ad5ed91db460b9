/** A statement in a BGP router, or in an address family of it: `ipv4 unicast`. */
export type BgpStatement = { readonly family?: string; readonly line: string };

/** What of a BGP router changes while it runs. */
export type BgpRouter = {
  /** Everything said of a neighbour or a peer group, by its name, in the order of the file. */
  readonly neighbours: ReadonlyMap<string, readonly BgpStatement[]>;
  /** What it announces, and how many paths it uses. */
  readonly announcements: readonly BgpStatement[];
};

/** Words that begin a statement in `router bgp` or below it, and none at the top of a configuration. */
const words =
  /^(?:no )?(?:neighbor|network|redistribute|aggregate-address|maximum-paths|timers|distance|bgp (?!as-path|community|extcommunity|large-community))/;
const announcement = /^(?:network|redistribute|aggregate-address|maximum-paths) /;
/** What new neighbours begin with, and those that are there do not get. */
const defaults = /^(?:no )?bgp default /;
/** It needs a daemon of its own (see the daemons of the kind `router`). */
const withOtherDaemon = /\bbfd\b/;

/** Reads the statements of one BGP router. */
export class BgpStatements implements BgpRouter {
  readonly neighbours = new Map<string, BgpStatement[]>();
  readonly announcements: BgpStatement[] = [];
  readonly #fixed: string[] = [];
  #family: string | undefined;
  /** Whether it must all be the same: what is said of a neighbour depends on its place, or is not all known. */
  #isFixed = false;

  /** What must be the same for it to run on. */
  get fixed(): readonly string[] {
    if (!this.#isFixed) return this.#fixed;
    return [...this.#fixed, ...[...this.neighbours.values(), this.announcements].flat().map(textOf)];
  }

  /** Its header follows, perhaps once more. */
  begin(): void {
    this.#family = undefined;
  }

  /**
   * Takes a line in that follows it.
   *
   * @returns `ended` for one that ends it, `left` for one that is not of it and that it ends before
   */
  read(line: string, isIndented: boolean): "kept" | "ended" | "left" {
    const [, family] = /^address-family (.+)$/.exec(line) ?? [];
    const isExit = line === "exit-address-family" || (line === "exit" && this.#family !== undefined);
    if (family === undefined && !isExit && (line === "exit" || line === "end")) return "ended";
    const isKnown = family !== undefined || isExit || words.test(line);
    if (!isIndented && !isKnown) return "left";
    if (!isKnown || (!isIndented && !isExit)) {
      // It may be of this router, and so may what follows it.
      this.#isFixed = true;
      return "left";
    }
    if (family !== undefined || isExit)
      this.#family = family === "ipv4" || family === "ipv6" ? `${family} unicast` : family;
    else this.#keep(line);
    return "kept";
  }

  #keep(line: string): void {
    const statement = { line, ...(this.#family === undefined ? {} : { family: this.#family }) };
    const [, neighbour] = /^(?:no )?neighbor (\S+)/.exec(line) ?? [];
    if (neighbour !== undefined) {
      this.neighbours.set(neighbour, [...(this.neighbours.get(neighbour) ?? []), statement]);
      if (withOtherDaemon.test(line)) this.#fixed.push(textOf(statement));
    } else if (announcement.test(line)) this.announcements.push({ family: "ipv4 unicast", ...statement });
    else {
      this.#fixed.push(textOf(statement));
      // Those above it have begun without.
      if (defaults.test(line) && this.neighbours.size > 0) this.#isFixed = true;
    }
  }
}

const textOf = ({ family, line }: BgpStatement): string => (family === undefined ? line : `${line}, ${family}`);
