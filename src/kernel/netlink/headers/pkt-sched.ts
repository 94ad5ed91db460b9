/** linux/pkt_sched.h. */
export const TC_H_ROOT = 0xffffffff;
/** Of struct tc_ratespec: the rate is that of Ethernet frames, and no table of transmission times comes with it. */
export const TC_LINKLAYER_ETHERNET = 1;

export const TCA_TBF_PARMS = 1;
export const TCA_TBF_RATE64 = 4;
export const TCA_TBF_BURST = 6;

export const TCA_NETEM_CORR = 1;
export const TCA_NETEM_DELAY_DIST = 2;
export const TCA_NETEM_REORDER = 3;
export const TCA_NETEM_CORRUPT = 4;
export const TCA_NETEM_LOSS = 5;
export const TCA_NETEM_RATE = 6;
export const TCA_NETEM_RATE64 = 8;
export const TCA_NETEM_LATENCY64 = 10;
export const TCA_NETEM_JITTER64 = 11;
/** Since Linux 6.7; older kernels do not look at it. */
export const TCA_NETEM_PRNG_SEED = 14;
export const NETEM_LOSS_GE = 2;

/** linux/gen_stats.h. */
export const TCA_STATS_BASIC = 1;
export const TCA_STATS_QUEUE = 3;
/** All 64 bits of the packets in TCA_STATS_BASIC. */
export const TCA_STATS_PKT64 = 8;
