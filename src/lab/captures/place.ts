import type { CaptureInterface } from "../../dataplane/contract.ts";
import { type Endpoint, endpointText, type Link } from "../../topology/index.ts";
import type { Connection } from "../panel/connection.ts";

/** The links of a panel, as far as captures need to know them. */
export type Plugged = Iterable<{ readonly link: Link; readonly connection: Connection }>;
export type Place = Pick<CaptureInterface, "jack" | "isPort">;

/**
 * Where the frames of an interface pass in the panel. A machine's has a jack of its own as long as it is
 * there. The port of a switch is made of what its link is made of, and gone without it.
 *
 * @param jackOf the jack of a machine's interface; undefined for a switch, or when there is none
 */
export function placeOf(
  end: Endpoint,
  plugged: Plugged,
  jackOf: (end: Endpoint) => { readonly ifindex: number } | undefined,
): Place {
  const jack = jackOf(end);
  if (jack !== undefined) return { jack: { ifindex: jack.ifindex } };
  const text = endpointText(end);
  for (const { link, connection } of plugged) {
    if (endpointText(link.a) === text) return portPlace(connection, "a");
    if (endpointText(link.b) === text) return portPlace(connection, "b");
  }
  return {};
}

function portPlace(connection: Connection, side: "a" | "b"): Place {
  switch (connection.medium) {
    case "port":
      // The machine's jack, seen from the switch.
      return { jack: { ifindex: connection.port.jack.ifindex }, isPort: true };
    case "cord":
      return { jack: { ifindex: connection[side].jack.ifindex }, isPort: true };
    case "queues":
    case "wire":
      // What the port is the other end of: there frames are taken from the wire, and none is lost.
      return { jack: { ifindex: connection[side].jack.ifindex } };
    case "kernel":
      return {};
    default:
      return connection satisfies never;
  }
}
