import type * as z from "zod";
import { map, oneOrMore, text, wholeNumber } from "../schema/form.ts";
import { duration } from "../schema/scalars.ts";
import { mostSnaplenBytes } from "./capture.ts";

/** The form of a capture in a lab file. What its targets name is looked up later. */

const target = () => text("an interface such as h1:eth0, or a link such as h1 -- r1").min(1);

export const captureForm = map(
  {
    of: oneOrMore(target(), "an interface such as h1:eth0, a link such as h1 -- r1, or a list of them").describe(
      "What is captured: interfaces (`h1:eth0`, `s1:p2`) and links (`h1 -- r1`, both ends). Several come in one file, in the order of time",
    ),
    file: text("the name of a file")
      .optional()
      .describe("Name of the file in the lab's folder of captures. Made from what is captured when absent"),
    filter: text("a filter such as tcp port 80")
      .min(1)
      .optional()
      .describe("Only frames that match this expression of pcap-filter(7)"),
    snaplen: wholeNumber(1, mostSnaplenBytes)
      .optional()
      .describe("Only so many bytes of each frame. All of it when absent"),
    count: wholeNumber(1, 4_294_967_295).optional().describe("Ends after so many frames"),
    duration: duration().optional().describe("Ends after this time"),
    ring: text("a size such as 16mb")
      .optional()
      .describe("The kernel's buffer for each interface that is not on a wire. 4mb when absent"),
  },
  "a map with of, file, filter, snaplen, count, duration and ring",
)
  .meta({ title: "Capture" })
  .describe("What is recorded, from before the first frame on, into a pcapng file that stays after the lab");

export type CaptureForm = z.infer<typeof captureForm>;
