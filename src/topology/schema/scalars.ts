import * as z from "zod";
import { durationPattern } from "../duration.ts";
import { oneOrMore, text } from "./form.ts";

/** Values that several parts of the lab file share. Addresses are only texts here: the resolver reads them and says more. */

export const duration = () =>
  z
    .string({ error: "a duration with its unit, such as 10s or 500ms" })
    .regex(durationPattern, { error: "a duration with its unit, such as 10s or 500ms" });

/** The range depends on the addresses, so it is checked with them. */
export const mtu = () => z.int({ error: "a whole number between 68 and 65535" }).meta({ minimum: 68, maximum: 65_535 });

export const prefixes = () =>
  oneOrMore(text("a prefix such as 10.0.0.0/24"), "a prefix such as 10.0.0.0/24, or a list of them");

export const addresses = () =>
  oneOrMore(
    text("an address with its prefix length, such as 10.0.0.1/24"),
    "an address with its prefix length, such as 10.0.0.1/24, or a list of them",
  );

export const gateways = () =>
  oneOrMore(
    text("an address such as 10.0.0.1"),
    "an address such as 10.0.0.1, or a list of one for IPv4 and one for IPv6",
  );

export const endpoint = () => text("a node or node:interface, such as r1 or r1:eth0").min(1);

export const commandPhrase = "a list of words such as [ip, link], or {shell: a line for the shell}";

/** Words of a command line; a number is a word too. */
const word = z.union([z.string(), z.number()], { error: "a word" });

export const command = () =>
  z.union(
    [
      z.array(word).min(1).describe("Program and arguments, run as they are"),
      z.strictObject({ shell: z.string().min(1).describe("A line for sh -c") }),
    ],
    { error: commandPhrase },
  );
