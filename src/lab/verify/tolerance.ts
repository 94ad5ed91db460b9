/**
 * How far a figure may be off beyond what chance explains. Frames are late where the machine is, and
 * never early but for the error of clocks.
 */

export const defaultToleranceMs = 1;

/** Of clocks and of the moment of sending. */
export const earlyMs = 0.2;
/** Of any delay: what a rate adds, timers' granularity. */
export const delayShare = 0.01;
/** By percentile: lateness gathers in the tail. */
export const lateTimes = { 5: 1, 50: 1, 95: 2, 99: 5 } as const;
export type Percentile = keyof typeof lateTimes;

export const jitterShare = 0.03;
export const rateShare = 0.02;
