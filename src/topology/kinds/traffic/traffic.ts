import * as z from "zod";
import { parseAddress } from "../../address.ts";
import { parseDuration } from "../../duration.ts";
import { choice, flag, listOf, map, oneOrMore, text, wholeNumber } from "../../schema/form.ts";
import { duration } from "../../schema/scalars.ts";
import { plainAddress } from "../ends.ts";
import { defineKind, type KindFacts } from "../kind.ts";
import { argv, listens } from "../pieces.ts";
import type { NodeService } from "../software.ts";

const port = () => wholeNumber(1, 65_535);
const ratePhrase = "a rate such as 10M, in bits per second with K, M or G";

const flow = map(
  {
    to: text("an address, or a node of the lab").describe("Where the iperf3 server is: an address, or a node"),
    port: port().optional().describe("Its port. 5201 when absent"),
    protocol: choice(["tcp", "udp"]).optional().describe("`tcp` when absent"),
    rate: z
      .string({ error: ratePhrase })
      .regex(/^\d+(\.\d+)?[KMG]?$/, { error: ratePhrase })
      .optional()
      .describe("Bits per second, such as 10M. As much as goes when absent; 1M for udp"),
    duration: duration().optional().describe("How long, in whole seconds. Until the node stops when absent"),
    streams: wholeNumber(1, 128).optional().describe("Parallel streams. 1 when absent"),
    reverse: flag().optional().describe("Whether the server sends. false when absent"),
  },
  "a map with to and so on",
).meta({ title: "Traffic flow" });

const options = {
  iperf3: oneOrMore(port(), "a port, or a list of ports")
    .optional()
    .describe("Ports on which an iperf3 server runs; one serves one client at a time"),
  echo: oneOrMore(port(), "a port, or a list of ports")
    .optional()
    .describe("TCP and UDP ports that send back what they get, by socat"),
  flows: listOf(flow, "a list such as [{to: server, rate: 10M}]")
    .optional()
    .describe("Traffic that the node sends by iperf3, each tried again until its server answers"),
} as const;

type Options = { readonly [Key in keyof typeof options]?: z.output<(typeof options)[Key]> };
type Flow = z.output<typeof flow>;

const defaultPort = 5201;

/** Sends and takes traffic. */
export const traffic = defineKind({
  name: "traffic",
  summary: "A host that sends and takes traffic: iperf3, echo servers, and tools such as tcpdump, hping3 and scapy",
  base: "host",
  options,
  resolve: (given: Options, facts) => {
    const servers = [given.iperf3 ?? []].flat();
    const echoes = [given.echo ?? []].flat();
    const flows = given.flows ?? [];
    return {
      software: {
        programs: [
          ...(servers.length + flows.length > 0 ? [{ name: "iperf3", package: "iperf3" }] : []),
          ...(echoes.length > 0 ? [{ name: "socat", package: "socat" }] : []),
        ],
        directories: [],
        files: [],
        services: [
          ...servers.map(
            (one): NodeService => ({
              name: `iperf3-${one}`,
              command: argv("iperf3", "--server", "--port", String(one), "--forceflush"),
              ready: listens("tcp", one),
            }),
          ),
          ...echoes.flatMap((one) => [echo("tcp", one), echo("udp", one)]),
          ...flows.flatMap((one, index) => flowService(one, index, facts)),
        ],
        setup: [],
      },
    };
  },
});

const echo = (protocol: "tcp" | "udp", one: number): NodeService => ({
  name: `echo-${protocol}-${one}`,
  command: argv(
    "socat",
    // On :: it takes IPv4, too.
    `${protocol === "tcp" ? "TCP6" : "UDP6"}-LISTEN:${one},fork,reuseaddr,ipv6only=0`,
    "PIPE",
  ),
  ready: listens(protocol, one),
});

function flowService(one: Flow, index: number, facts: KindFacts): readonly NodeService[] {
  const target = targetOf(one.to, ["flows", index, "to"], facts);
  const seconds = one.duration === undefined ? 0 : (parseDuration(one.duration) ?? 0) / 1000;
  if (!Number.isInteger(seconds) || (one.duration !== undefined && seconds === 0)) {
    facts.report(`a flow cannot last ${one.duration}`, "It takes whole seconds, such as 10s.", [
      "flows",
      index,
      "duration",
    ]);
    return [];
  }
  if (target === undefined) return [];
  const command = argv(
    "iperf3",
    "--client",
    target,
    "--port",
    String(one.port ?? defaultPort),
    // Without end, since 0 is for ever (iperf3(1), --time).
    "--time",
    String(seconds),
    "--forceflush",
    ...(one.protocol === "udp" ? ["--udp"] : []),
    ...(one.rate === undefined ? [] : ["--bitrate", one.rate]),
    ...(one.streams === undefined ? [] : ["--parallel", String(one.streams)]),
    ...(one.reverse ? ["--reverse"] : []),
  );
  return [{ name: `flow-${index + 1}`, command, restart: "on-failure" }];
}

function targetOf(word: string, at: readonly (string | number)[], { machines, report }: KindFacts): string | undefined {
  if (!("problem" in parseAddress(word))) return word;
  const machine = machines.find(({ name }) => name === word);
  const address = machine?.interfaces.flatMap((one) => one.addresses.map(plainAddress))[0];
  if (address === undefined)
    report(`"${word}" is no address and no node that has one`, "Write an address or the name of a node.", at);
  return address;
}
