import { queryOptions } from "@tanstack/react-query";
import type { Layout } from "../../../src/api/index.ts";
import { call, type LabAddress } from "../api/call.ts";
import type { Annotations } from "../topology/annotations.ts";

/** What the file of a lab has for its drawing (`drawing`). */
export type FileDrawing = Annotations & { readonly places: Layout };

export const noDrawing: FileDrawing = { notes: [], groups: [], places: {} };

/** Of the text that the lab was made of; none for one that the command line started. */
export const fileDrawingQuery = ({ project, lab }: LabAddress) =>
  queryOptions({
    queryKey: ["lab", project, lab, "drawing"],
    queryFn: async ({ signal }): Promise<FileDrawing> => {
      const params = { project, lab };
      const { text } = await call("GET", "/projects/:project/labs/:lab/text", { params, signal });
      // Most have none, and need not be read.
      if (!text.includes("drawing")) return noDrawing;
      const { annotationsIn, placesIn, readDocument } = await import("../topology/read-drawing.ts");
      const document = readDocument(text);
      return { ...annotationsIn(document), places: placesIn(document) };
    },
    retry: false,
  });
