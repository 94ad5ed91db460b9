import type fc from "fast-check";
import type { Lab } from "../../../src/topology/model.ts";
import { rawLab } from "./raw.ts";
import { repair } from "./repair.ts";

/**
 * Any resolved lab: valid ones, from small pools, so that two of them often share nodes, links
 * and addresses, and differ in every other way that the model allows.
 *
 * Made in two moves: raw parts are drawn freely, then `repair` drops what would not pass validation
 * (a link to an interface that is not there, a route whose gateway nothing reaches). Two labs that are
 * mixed from the same raw parts have the very same parts in common.
 *
 * @param nested prefixes of one interface may lie within those of another
 */
export const arbitraryLab = ({ nested = true } = {}): fc.Arbitrary<Lab> => rawLab(nested).map(repair);
