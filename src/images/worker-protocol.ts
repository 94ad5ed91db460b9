import type { ErrorReport } from "../topology/errors/error.ts";
import type { LayerSource, UnpackedLayer } from "./layer/unpack.ts";

export type LayerTask = LayerSource;

export type WorkerRequest =
  | {
      readonly do: "unpack";
      /** For errors. */
      readonly image: string;
      /** Where layers are, of one map of ids. */
      readonly folder: string;
      /** How many ids there are. */
      readonly ids: number;
      readonly layers: readonly LayerTask[];
    }
  | { readonly do: "remove"; readonly folder: string; readonly names: readonly string[] };

export type WorkerReport =
  /** `bytes`: of the blob. */
  | { readonly type: "progress"; readonly diffId: string; readonly bytes: number }
  | ({ readonly type: "unpacked"; readonly diffId: string } & UnpackedLayer)
  | { readonly type: "done" }
  /** A blob is not what its digest says. */
  | { readonly type: "damaged"; readonly problem: string }
  | { readonly type: "failed"; readonly error: ErrorReport };
