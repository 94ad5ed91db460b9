import type { Distribution } from "./distribution.ts";

/** `ok`: works. `limited`: works in part. `missing`: does not work. `unknown`: could not be found out. */
export type CheckStatus = "ok" | "limited" | "missing" | "unknown";

export type Finding = {
  readonly status: CheckStatus;
  /** What is there, or what is wrong. */
  readonly detail: string;
  /** The command that mends it, or what else to do. */
  readonly mend?: string;
};

/** What checks look at besides the machine itself. */
export type Surroundings = {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** PATH with the folders that ordinary users' lacks. */
  readonly path: string;
  readonly uid: number;
  readonly distribution: Distribution;
  /** What the kernel can do, tried in a sandbox; undefined when no sandbox can be made. */
  readonly kernel: KernelFindings | undefined;
  /** Why there is no sandbox. */
  readonly sandboxError: Error | undefined;
};

/** Made by src/lab/probe.ts. */
export type KernelFindings = Readonly<Record<string, { readonly ok: boolean; readonly detail?: string }>>;

/** One thing a machine can or cannot do. */
export type Check = {
  readonly name: string;
  /** What needs it, as in "needed for …". */
  readonly neededFor: string;
  /** Without it no lab runs at all. */
  readonly required?: true;
  find(surroundings: Surroundings): Finding | Promise<Finding>;
};

export type CheckResult = Finding & { readonly name: string; readonly neededFor: string; readonly required: boolean };
