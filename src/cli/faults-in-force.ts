/** For a run that has left something behind. */
export const stillInForce = (ends: readonly string[]): readonly string[] => [
  "Still in force, until:",
  ...ends.map((end) => `  ${end}`),
  "All of that does: netwright faults stop --heal",
];
