/* What is loaded for a drawing in a lab file, where there is one. */

export { annotationsIn, placesIn } from "./annotations.ts";
export { readDocument } from "./document.ts";
