import fc from "fast-check";
import type { Capture } from "../../../src/topology/capture/capture.ts";
import type { Lab, LabNode } from "../../../src/topology/model.ts";
import type { LabResources } from "../../../src/topology/resources.ts";
import { CAPTURE_FILES, capture } from "./capture.ts";
import { link, type RawLink } from "./link.ts";
import { appliance, groupResources, machine } from "./machine.ts";
import { PROCESS_NAMES, process } from "./process.ts";
import { switchNode } from "./switch.ts";
import { MODES, NODE_NAMES, sometimes } from "./values.ts";

/** The parts of a lab as they are drawn, before `repair`. */
export type RawLab = Omit<Lab, "name" | "links" | "captures"> & {
  readonly links: readonly RawLink[];
  readonly captures: readonly Capture[];
};

const some = <T>(arbitraries: readonly fc.Arbitrary<T>[]): fc.Arbitrary<T[]> =>
  fc
    .tuple(...arbitraries.map((arbitrary) => fc.option(arbitrary, { freq: 2, nil: undefined })))
    .map((values) => values.filter((value) => value !== undefined));

export const rawLab = (nested: boolean): fc.Arbitrary<RawLab> =>
  fc.record({
    mode: fc.constantFrom(...MODES),
    nodes: some<LabNode>(
      NODE_NAMES.map((_, index) =>
        fc.oneof(
          { weight: 3, arbitrary: machine(index, nested) },
          { weight: 1, arbitrary: switchNode(index) },
          { weight: 1, arbitrary: appliance(index, nested) },
        ),
      ),
    ),
    links: fc.array(link, { maxLength: 10 }),
    processes: some(PROCESS_NAMES.map(process)),
    captures: some(CAPTURE_FILES.map(capture)),
    resources: sometimes<LabResources>(
      fc
        .tuple(groupResources, fc.boolean())
        .map(([whole, wish]) => (wish ? { ...whole, enforce: "if-possible" as const } : whole)),
      {},
    ),
  });
