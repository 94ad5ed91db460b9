/**
 * The kernel's unit of time where linux/pkt_sched.h has a 32-bit one: 64 ns (PSCHED_SHIFT,
 * net/pkt_sched.h), as /proc/net/psched says for every machine.
 */
const tickNs = 64;
const most = 0xffff_ffff;

/** As many as fit 32 bits. */
export const ticksOf = (ns: number): number => Math.min(most, Math.round(ns / tickNs));
export const nsOfTicks = (ticks: number): number => ticks * tickNs;
