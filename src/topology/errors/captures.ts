import { entry } from "./entry.ts";
import { didYouMean } from "./lab-file/wording.ts";

/** Errors of captures. */
export const captureErrors = {
  CAPTURE_TARGET_INVALID: entry<{ text: string }>({
    exitCode: 2,
    message: ({ text }) => `"${text}" names nothing that can be captured.`,
    remedy: () => "Name an interface, such as h1:eth0, or a link by the two nodes it joins, such as h1 -- r1.",
  }),
  CAPTURE_LOOPBACK: entry<{ node: string }>({
    exitCode: 2,
    message: ({ node }) => `${node}:lo is the loopback interface: what passes it never leaves the node.`,
    remedy: ({ node }) => `Capture it inside the node: netwright exec ${node} -- tcpdump -i lo`,
  }),
  CAPTURE_INTERFACE_UNKNOWN: entry<{ node: string; interface: string; nearest?: string; known: readonly string[] }>({
    exitCode: 2,
    message: ({ node, interface: name }) => `${node} has no interface "${name}".`,
    remedy: ({ node, nearest, known }) =>
      known.length === 0 ? `${node} has no interfaces.` : didYouMean(nearest, known, `interfaces of ${node}`),
  }),
  CAPTURE_FILE_TAKEN: entry<{ file: string }>({
    exitCode: 2,
    message: ({ file }) => `Another capture writes to ${file}.`,
    remedy: () => "Give one of the two another file.",
  }),
  CAPTURE_FILTER_INVALID: entry<{ filter: string; reason: string }>({
    exitCode: 2,
    message: ({ filter, reason }) => `The filter "${filter}" is not right: ${reason}.`,
    remedy: () => "Filters are those of tcpdump, for example: tcp port 80 and host 10.0.0.1 (see pcap-filter(7)).",
  }),
  CAPTURE_FILTER_UNAVAILABLE: entry<{ reason: string }>({
    exitCode: 3,
    message: ({ reason }) => `Filters need libpcap: ${reason}.`,
    remedy: () => "Install it (on Debian: sudo apt-get install libpcap0.8), or capture without a filter.",
  }),
  CAPTURE_UNWRITABLE: entry<{ file: string; reason: string }>({
    exitCode: 1,
    message: ({ file, reason }) => `${file} cannot be written (${reason}).`,
  }),
  CAPTURE_REFUSED: entry<{ reason: string }>({
    exitCode: 1,
    message: ({ reason }) => `The capture cannot be made: ${reason}.`,
  }),
  CAPTURE_NOT_FOUND: entry<{ capture: string; known: readonly string[] }>({
    exitCode: 1,
    message: ({ capture }) => `There is no capture ${capture}.`,
    remedy: ({ known }) => (known.length === 0 ? "None was made." : `There are: ${known.join(", ")}.`),
  }),
  CAPTURE_NO_STREAM: entry<{ capture: string }>({
    exitCode: 1,
    message: ({ capture }) => `Capture ${capture} has no stream to read, or somebody reads it already.`,
  }),
  CAPTURE_TO_TERMINAL: entry<{ command: string }>({
    exitCode: 2,
    message: () => "A capture is no text, and standard output is a terminal.",
    remedy: ({ command }) =>
      `Send it to a program (${command} -o - | wireshark -k -i -), or to a file (${command} -o FILE).`,
  }),
} as const;
