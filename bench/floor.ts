import type { Context } from "./case.ts";
import { runInSandbox } from "./sandbox.ts";

/** What bench/floor/star.ts prints: seconds in all, and in its parts. */
export type Floor = {
  readonly seconds: number;
  readonly namespaces: number;
  readonly links: number;
  readonly addresses: number;
  readonly up: number;
};

/** Runs the floor program for a star of `hosts`. */
export const measureFloor = (context: Context, hosts: number): Promise<Floor> =>
  runInSandbox<Floor>(context, "floor/star.ts", String(hosts));
