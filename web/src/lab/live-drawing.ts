import { useMemo, useRef, useState } from "react";
import type { LabDetail, LinkStatus, NodeStatus } from "../../../src/api/index.ts";
import type { DrawnLink } from "../graph/drawn.ts";
import type { NodeLook } from "../graph/NodeBox.tsx";
import { impairmentWords } from "./impairment-words.ts";

/** What is drawn of a lab that runs. What has not changed stays the same. */
export function useLiveDrawing({ nodeStatus, linkStatus }: LabDetail) {
  const nodes = useEach(nodeStatus, drawnNode);
  const links = useEach(linkStatus, drawnLink);
  const names = useSteady(useMemo(() => nodes.map(({ name }) => name), [nodes]));
  const pairs = useMemo(() => links.map(({ a, b }) => [a, b] as const), [links]);
  return { nodes, links, names, pairs };
}

const drawnNode = ({ name, kind, state }: NodeStatus): NodeLook => ({ name, kind, state });

function drawnLink({ id, a, b, state, ab, ba, blocked }: LinkStatus): DrawnLink {
  const [one, other] = [endOf(a), endOf(b)];
  return {
    id,
    a: one.node,
    b: other.node,
    aInterface: one.interface,
    bInterface: other.interface,
    state,
    isImpaired: ab !== undefined || ba !== undefined,
    isBlocked: blocked !== undefined && blocked.length > 0,
    words: impairmentWords(ab, ba),
  };
}

/** What is made of each item. Of an item that is the same as before, so is what is made of it. */
function useEach<Item extends object, Made>(items: readonly Item[], make: (item: Item) => Made): readonly Made[] {
  const [made] = useState(() => new WeakMap<Item, Made>());
  return useMemo(
    () =>
      items.map((item) => {
        const known = made.get(item) ?? make(item);
        made.set(item, known);
        return known;
      }),
    [items, made, make],
  );
}

/** The same list, as long as the same is in it: what is made of it is not made again. */
function useSteady(items: readonly string[]): readonly string[] {
  const last = useRef(items);
  if (last.current.length !== items.length || last.current.some((item, index) => item !== items[index]))
    last.current = items;
  return last.current;
}

const endOf = (text: string) => {
  const at = text.indexOf(":");
  return at < 0 ? { node: text, interface: "" } : { node: text.slice(0, at), interface: text.slice(at + 1) };
};
