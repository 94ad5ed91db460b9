import fc from "fast-check";
import type { Capture } from "../../../src/topology/capture/capture.ts";
import { endpointText } from "../../../src/topology/model.ts";
import { commandText, NODE_NAMES, PORTS } from "./values.ts";

export const capture = (file: string): fc.Arbitrary<Capture> =>
  fc.record(
    {
      file: fc.constant(file),
      interfaces: fc.uniqueArray(
        fc.record({ node: fc.constantFrom(...NODE_NAMES), interface: fc.constantFrom(...PORTS) }),
        {
          minLength: 1,
          maxLength: 3,
          selector: endpointText,
        },
      ),
      filter: commandText,
      snaplenBytes: fc.constantFrom(64, 262_144),
      maxFrames: fc.constantFrom(1, 100_000),
      durationMs: fc.constantFrom(10, 60_000),
      ringBytes: fc.constantFrom(65_536, 65_537, 2 ** 24),
    },
    { requiredKeys: ["file", "interfaces"] },
  );
export const CAPTURE_FILES = ["a.pcapng", "b-1.pcap", "Uplink+2.pcapng"] as const;
