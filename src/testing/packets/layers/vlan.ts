import { afterEtherType } from "./numbers.ts";
import { Octets } from "./octets.ts";
import type { Step } from "./step.ts";

/** One tag; a stack of them is as many layers, the outermost first. */
export type Vlan = {
  readonly layer: "vlan";
  /** 0: the tag carries a priority only. */
  readonly id: number;
  /** PCP, 0 to 7. */
  readonly priority: number;
  readonly dropEligible: boolean;
  /** EtherType of what follows. */
  readonly type: number;
};

/** IEEE 802.1Q, 9.6. Which kind of tag it is says the type of the layer before: 0x8100, or 0x88a8 (802.1ad). */
export function decodeVlan(bytes: Uint8Array): Step<Vlan> {
  const octets = new Octets(bytes);
  const control = octets.u16(0);
  const type = octets.u16(2);
  return {
    layer: {
      layer: "vlan",
      id: control & 0xfff,
      priority: control >> 13,
      dropEligible: (control & 0x1000) !== 0,
      type,
    },
    next: afterEtherType(type, octets.from(4)),
  };
}
