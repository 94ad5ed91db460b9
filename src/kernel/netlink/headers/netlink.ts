/** linux/netlink.h and linux/socket.h. */
export const AF_NETLINK = 16;
export const NETLINK_ROUTE = 0;
export const SOL_NETLINK = 270;

export const NETLINK_CAP_ACK = 10;
export const NETLINK_EXT_ACK = 11;
export const NETLINK_GET_STRICT_CHK = 12;

export const NLM_F_REQUEST = 0x1;
export const NLM_F_ACK = 0x4;
export const NLM_F_DUMP_INTR = 0x10;
/** Of an acknowledgement: the request is not repeated beyond its header. */
export const NLM_F_CAPPED = 0x100;
/** Of an acknowledgement: attributes follow. */
export const NLM_F_ACK_TLVS = 0x200;
/** Of a request for a list (NLM_F_ROOT | NLM_F_MATCH). */
export const NLM_F_DUMP = 0x300;
export const NLM_F_REPLACE = 0x100;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;

export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;
/** sizeof(struct nlmsghdr): length u32, type u16, flags u16, sequence u32, port u32. */
export const NLMSG_HDRLEN = 16;

export const NLMSGERR_ATTR_MSG = 1;
export const NLMSGERR_ATTR_MISS_TYPE = 5;

export const NLA_F_NESTED = 0x8000;
export const NLA_TYPE_MASK = 0x3fff;
/** sizeof(struct nlattr): length u16, type u16. */
export const NLA_HDRLEN = 4;
