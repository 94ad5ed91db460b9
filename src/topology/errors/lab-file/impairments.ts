import { entry } from "../entry.ts";
import { didYouMean, listed } from "./wording.ts";

/** Errors of impairments, in lab files and on command lines. */
export const impairmentErrors = {
  PRESET_UNKNOWN: entry<{ preset: string; known: readonly string[]; nearest?: string }>({
    exitCode: 2,
    message: ({ preset }) => `There is no preset "${preset}".`,
    remedy: ({ nearest, known }) =>
      nearest === undefined ? `There are: ${known.join(", ")}.` : didYouMean(nearest, known, "presets"),
  }),
  IMPAIRMENT_INVALID: entry<{ key: string; text: string; expected: string }>({
    exitCode: 2,
    message: ({ key, text }) => `${key} cannot be "${text}".`,
    remedy: ({ expected }) => `It takes ${expected}.`,
  }),
  IMPAIRMENT_OUT_OF_RANGE: entry<{ key: string; text: string; range: string }>({
    exitCode: 2,
    message: ({ key, text }) => `${key} cannot be ${text}.`,
    remedy: ({ range }) => `It is ${range}.`,
  }),
  JITTER_ABOVE_DELAY: entry<{ jitter: string; delay: string }>({
    exitCode: 2,
    message: ({ jitter, delay }) =>
      `A jitter of ${jitter} around a delay of ${delay} would let frames arrive before they are sent.`,
    remedy: ({ jitter }) =>
      `Make the delay at least ${jitter}; or set jitter-reorders: true, which cuts delays off at nothing and lets frames overtake each other.`,
  }),
  IMPAIRMENT_NEEDS: entry<{ key: string; needed: string }>({
    exitCode: 2,
    message: ({ key, needed }) => `${key} means nothing without ${needed}.`,
    remedy: ({ key, needed }) => `Set ${needed} as well, or leave out ${key}.`,
  }),
  IMPAIRMENT_SENDER_UNKNOWN: entry<{ sender: string; senders: readonly string[] }>({
    exitCode: 2,
    message: ({ sender }) => `"${sender}" is no end here, so it sends nothing.`,
    remedy: ({ senders }) => `The ends are: ${listed(senders)}.`,
  }),
} as const;
