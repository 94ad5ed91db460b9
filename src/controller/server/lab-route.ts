import { archiveUpgrade, type Route, routes } from "../../api/index.ts";
import { matchPath } from "../../api/path-pattern.ts";

/** A route of the lab API that the controller passes on. */
export type LabRoute = {
  readonly name: keyof typeof routes;
  readonly route: Route;
  /** The role that it takes: to look, a viewer's. */
  readonly access: "viewer" | "operator";
  /** The protocol that its connection is upgraded to; undefined for one that answers by HTTP. */
  readonly upgrade: string | undefined;
};

/** Those that the controller answers itself, for it has to know of them. */
const notPassedOn: ReadonlySet<string> = new Set(["stop", "apply"]);

const upgrades: Readonly<Partial<Record<Route["kind"], string>>> = { websocket: "websocket", archive: archiveUpgrade };

/** Every route of the lab API that is passed on. */
export const labRoutes: readonly LabRoute[] = (Object.entries(routes) as [LabRoute["name"], Route][])
  .filter(([name]) => !notPassedOn.has(name))
  .map(([name, route]) => {
    const upgrade = upgrades[route.kind];
    return { name, route, upgrade, access: route.method === "GET" && upgrade === undefined ? "viewer" : "operator" };
  });

/**
 * Finds the route of a request.
 *
 * @param path below the lab's address
 * @throws {URIError} for a path with a malformed escape
 */
export function findLabRoute(method: string, path: string): LabRoute | undefined {
  // What is an escape or not is the lab's to say.
  const whole = `/v1/${path.replaceAll("%", "%25")}`;
  return labRoutes.find(({ route }) => route.method === method && matchPath(route.path, whole) !== undefined);
}

/** Whether a request starts a capture, of which projects may have a number only. */
export const isCapture = ({ name }: LabRoute): boolean => name === "startCapture";

/** Whether a request makes something that is made once, however often it is sent (idempotency.ts). */
export const isOnce = ({ name, route }: LabRoute): boolean =>
  route.method === "POST" && (route.kind === "json" || name === "runFaults");

/** Whether a request brings a link, or takes one away, of which a lab's text does not know. */
export const changesLinks = ({ name }: LabRoute): boolean => name === "addLink" || name === "removeLink";

/** Whether what is read can come by a WebSocket too (src/api/stream-message.ts). */
export const isReadableStream = ({ route }: LabRoute): boolean =>
  route.method === "GET" && (route.kind === "ndjson" || route.kind === "bytes");
