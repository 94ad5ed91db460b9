import fc from "fast-check";
import { type Endpoint, type Link, type LinkConditions, linkId } from "../../../src/topology/model.ts";
import { arbitraryImpairment } from "./impairment.ts";
import { NODE_NAMES, PORTS, sometimes } from "./values.ts";

/** `variant`: of the ports that the link has at switches. */
export type RawLink = Link & { readonly variant: number };

const endpoint: fc.Arbitrary<Endpoint> = fc.record({
  node: fc.constantFrom(...NODE_NAMES),
  interface: fc.constantFrom(...PORTS),
});

const impaired = fc
  .record({ ab: arbitraryImpairment, ba: arbitraryImpairment }, { requiredKeys: [] })
  .map((both) => Object.fromEntries(Object.entries(both).filter(([, one]) => Object.keys(one).length > 0)));

export const conditions: fc.Arbitrary<LinkConditions> = fc
  .record({ impairments: impaired, medium: fc.constantFrom("kernel" as const, "wire" as const) }, { requiredKeys: [] })
  .map(({ impairments = {}, ...rest }) => (Object.keys(impairments).length === 0 ? rest : { ...rest, impairments }));

export const link: fc.Arbitrary<RawLink> = fc
  .record({
    a: endpoint,
    b: endpoint,
    mtu: fc.constantFrom(1500, 1500, 9000),
    variant: fc.nat(2),
    conditions: sometimes(conditions, {}),
  })
  .map(({ a, b, mtu, variant, conditions }) => ({ id: linkId(a, b), a, b, mtu, variant, ...conditions }));
