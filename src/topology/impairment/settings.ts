/**
 * An impairment as people write it, in a lab file or on a command line: values with units, each key
 * as in the lab file. A key that is absent leaves what is underneath (a preset, or what goes for both
 * directions); 0 takes it away, and `unlimited` a rate.
 */
export type ImpairmentSettings = {
  /** A name of `presets`, or `NAME up` and `NAME down` for the one side of it. */
  readonly preset?: string | undefined;
  /** `20ms`. */
  readonly delay?: string | undefined;
  readonly jitter?: string | undefined;
  readonly distribution?: string | undefined;
  readonly "jitter-reorders"?: boolean | undefined;
  /** `0.1%`, or bursts. */
  readonly loss?: string | BurstSettings | undefined;
  readonly duplicate?: string | undefined;
  readonly corrupt?: string | undefined;
  readonly reorder?: string | ReorderSettings | undefined;
  /** `100mbit`, or `unlimited`. */
  readonly rate?: string | undefined;
  /** `64kb` or `1000p`. */
  readonly queue?: string | undefined;
};

/** The Gilbert–Elliott model. Nothing is lost in the good state and everything in the bad one, unless it is said. */
export type BurstSettings = {
  /** From good to bad, at each frame: `1%`. */
  readonly p: string;
  /** From bad to good, at each frame: `25%` makes bursts of 4 frames in the mean. */
  readonly r: string;
  readonly "good-loss"?: string | undefined;
  readonly "bad-loss"?: string | undefined;
};

export type ReorderSettings = { readonly probability: string; readonly gap?: number | undefined };
