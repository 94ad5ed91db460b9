import type { NodeAction } from "../../api/index.ts";
import type { FaultAction, Impairment, Impairments } from "../../topology/index.ts";

/** What faults are made of: the verbs that people have, too. */
export interface FaultVerbs {
  /** Makes what an impairment of a link needs, so that it can be set without delay. @throws MEDIUM_IMPOSSIBLE */
  prepareLink(link: string, impairments: Impairments): Promise<void>;
  setLink(link: string, state: "up" | "down"): Promise<unknown>;
  impairLink(link: string, change: { readonly ab: Impairment; readonly ba: Impairment }): Promise<unknown>;
  actOnNode(node: string, action: NodeAction): Promise<unknown>;
  partition(words: readonly string[]): Promise<unknown>;
}

/** Does what a fault is. */
export function perform(action: FaultAction, verbs: FaultVerbs): Promise<unknown> {
  switch (action.do) {
    case "link.down":
      return verbs.setLink(action.link, "down");
    case "link.up":
      return verbs.setLink(action.link, "up");
    case "link.set": {
      // What a fault does not say of a direction is that nothing happens in it, as with `link set`.
      const { ab = {}, ba = {} } = action.impairments;
      return verbs.impairLink(action.link, { ab, ba });
    }
    case "link.clear":
      return verbs.impairLink(action.link, { ab: {}, ba: {} });
    case "node.stop":
      return verbs.actOnNode(action.node, "stop");
    case "node.start":
      return verbs.actOnNode(action.node, "start");
    case "node.restart":
      return verbs.actOnNode(action.node, "restart");
    case "node.pause":
      return verbs.actOnNode(action.node, "pause");
    case "node.kill":
      return verbs.actOnNode(action.node, "kill");
    case "partition":
      return verbs.partition(action.words);
    default:
      return action satisfies never;
  }
}
