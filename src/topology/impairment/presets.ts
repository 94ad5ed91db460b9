import type { Impairment } from "./impairment.ts";

/**
 * A link of real life. A preset has two sides: `up` is what the customer's end sends (the phone, the
 * modem, the dish), `down` is what it receives.
 */
export type Preset = {
  readonly title: string;
  /** Where the figures are from. */
  readonly source: string;
  readonly up: Impairment;
  readonly down: Impairment;
};

const mbit = 1_000_000;

/**
 * A rate with the queue of the rule of thumb: what passes in 250 ms, an ordinary round trip
 * (Appenzeller, Keslassy and McKeown, "Sizing Router Buffers", SIGCOMM 2004, section 1). The usual
 * 1,000 packets would be 12 s at 1 Mbit/s.
 */
const rate = (rateBps: number) => ({ rateBps, queue: { bytes: rateBps / 8 / 4 } });

/** Sources give round trips; half of one is the delay of each direction, unless the entry says otherwise. */
const half = (roundTripMs: number) => ({ delayMs: roundTripMs / 2 });

/** Rates are those of 2023, round trips those of 2024. */
const ofcom = "Ofcom, Mobile Matters 2023 and 2024, crowd-sourced in the United Kingdom:";
const webPageTest = "WebPageTest, www/settings/connectivity.ini.sample";

export const presets = {
  lan: {
    title: "Gigabit Ethernet within a building or data centre",
    source:
      "Rate: IEEE 802.3ab. Round trip of 0.5 ms: J. Dean, Designs, Lessons and Advice from Building Large Distributed Systems, LADIS 2009",
    up: { ...half(0.5), ...rate(1000 * mbit) },
    down: { ...half(0.5), ...rate(1000 * mbit) },
  },
  wifi: {
    title: "Wi-Fi",
    source: "Firefox, network throttling profile Wi-Fi: 30 and 15 Mbit/s, 2 ms (devtools/docs, Throttling)",
    up: { ...half(2), ...rate(15 * mbit) },
    down: { ...half(2), ...rate(30 * mbit) },
  },
  "3g": {
    title: "3G mobile network",
    source: `${webPageTest}: 3G, 1.6 Mbit/s and 768 kbit/s, round trip 300 ms`,
    up: { ...half(300), ...rate(768_000) },
    down: { ...half(300), ...rate(1.6 * mbit) },
  },
  "4g": {
    title: "4G mobile network",
    source: `${ofcom} 29.5 and 7.6 Mbit/s; operators' averages from 18.3 to 23.7 ms, of which the middle. Loadero, Network conditions, 4G: 0.2 % loss, 5 ms jitter of what is received`,
    up: { ...half(21), jitterMs: 5, loss: { uniform: 0.002 }, ...rate(7.6 * mbit) },
    down: { ...half(21), jitterMs: 5, loss: { uniform: 0.002 }, ...rate(29.5 * mbit) },
  },
  "5g": {
    title: "5G mobile network",
    source: `${ofcom} 129.9 and 14.7 Mbit/s; operators' averages from 16.3 to 21.4 ms, of which the middle`,
    up: { ...half(18.9), ...rate(14.7 * mbit) },
    down: { ...half(18.9), ...rate(129.9 * mbit) },
  },
  dsl: {
    title: "ADSL",
    source: `${webPageTest}: DSL, 1.5 Mbit/s and 384 kbit/s, round trip 50 ms`,
    up: { ...half(50), ...rate(384_000) },
    down: { ...half(50), ...rate(1.5 * mbit) },
  },
  cable: {
    title: "Cable modem",
    source: `${webPageTest}: Cable, 5 and 1 Mbit/s, round trip 28 ms`,
    up: { ...half(28), ...rate(1 * mbit) },
    down: { ...half(28), ...rate(5 * mbit) },
  },
  "satellite-leo": {
    title: "Satellites in low orbit",
    source:
      "Ookla, Starlink in the United States, first quarter of 2025: medians of 104.7 and 14.8 Mbit/s, round trip 45 ms",
    up: { ...half(45), ...rate(14.8 * mbit) },
    down: { ...half(45), ...rate(104.7 * mbit) },
  },
  "satellite-geo": {
    title: "A satellite in geostationary orbit",
    source:
      "RFC 2488, section 2: a round trip of at least 558 ms. Rates: Ookla, HughesNet in the United States, third quarter of 2021: medians of 19.3 and 2.54 Mbit/s",
    up: { ...half(558), ...rate(2.54 * mbit) },
    down: { ...half(558), ...rate(19.3 * mbit) },
  },
  intercontinental: {
    title: "A path between continents",
    source: "J. Dean, LADIS 2009: California to the Netherlands and back in 150 ms",
    up: half(150),
    down: half(150),
  },
  lossy: {
    title: "A line that loses much",
    source: "Loadero, Network conditions, 10% packetloss: 10 % in each direction",
    up: { loss: { uniform: 0.1 } },
    down: { loss: { uniform: 0.1 } },
  },
} as const satisfies Readonly<Record<string, Preset>>;

export type PresetName = keyof typeof presets;
export const presetNames = Object.keys(presets) as readonly PresetName[];
