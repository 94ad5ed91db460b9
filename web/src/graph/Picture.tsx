import { ReactFlowProvider } from "@xyflow/react";
import type { ComponentProps } from "react";
import type { Layout } from "../../../src/api/index.ts";
import { Loading } from "../shell/states.tsx";
import { Graph } from "./Graph.tsx";

/** A topology as a picture (see Graph), as soon as it is known where its nodes are drawn. */
export function Picture({
  places,
  ...graph
}: Omit<ComponentProps<typeof Graph>, "places"> & { readonly places: Layout | undefined }) {
  if (places === undefined) return <Loading what="the picture" />;
  return (
    <ReactFlowProvider>
      <Graph places={places} {...graph} />
    </ReactFlowProvider>
  );
}
