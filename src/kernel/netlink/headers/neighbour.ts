/** linux/neighbour.h. */
export const NDA_DST = 1;
export const NDA_LLADDR = 2;
export const NDA_VLAN = 5;
export const NDA_MASTER = 9;

/** NUD_*: the states of a neighbour. */
export const neighbourStates = {
  0x01: "incomplete",
  0x02: "reachable",
  0x04: "stale",
  0x08: "delay",
  0x10: "probe",
  0x20: "failed",
  0x40: "noarp",
  0x80: "permanent",
} as const;
