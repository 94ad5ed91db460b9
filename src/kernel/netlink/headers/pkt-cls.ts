/** linux/pkt_sched.h and linux/pkt_cls.h. */
/** The handle of an ingress or clsact qdisc, and where clsact is attached. */
export const TC_H_CLSACT_HANDLE = 0xffff0000;
export const TC_H_CLSACT = 0xfffffff1;
export const TC_H_MIN_INGRESS = 0xfffffff2;
export const TC_H_MIN_EGRESS = 0xfffffff3;

export const TCA_ACT_KIND = 1;
export const TCA_ACT_OPTIONS = 2;

export const TCA_U32_SEL = 5;
export const TCA_U32_ACT = 7;
export const TC_U32_TERMINAL = 1;

export const TC_ACT_STOLEN = 4;

/** linux/tc_act/tc_mirred.h. */
export const TCA_MIRRED_PARMS = 2;
export const TCA_EGRESS_REDIR = 1;

/** linux/if_ether.h. */
export const ETH_P_ALL = 0x0003;
