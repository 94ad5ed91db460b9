import { controllerRoutes, endpoints } from "../../api/index.ts";
import { matchPath } from "../../api/path-pattern.ts";
import { uploadRoute } from "./uploads.ts";

const prefix = "/api/v1";
const labPrefix = `${prefix}/projects/:project/labs/:lab`;
/** Routes of the lab API that the controller answers itself, for it has to know of them. */
export const notPassedOn: ReadonlySet<string> = new Set(["stop", "apply"]);

const known: readonly { readonly method: string; readonly pattern: string }[] = [
  ...Object.values(controllerRoutes).map(({ method, path }) => ({ method, pattern: `${prefix}${path}` })),
  { method: "PUT", pattern: `${prefix}${uploadRoute}` },
  ...Object.entries(endpoints).flatMap(([name, { method, path }]) =>
    notPassedOn.has(name) ? [] : [{ method, pattern: path.replace("/v1", labPrefix) }],
  ),
];

/** The path of the lab API below a lab's address; what is an escape in it or not is the lab's to say. */
export const escapedPath = (path: string): string => `/v1/${path.replaceAll("%", "%25")}`;

/** Methods that an address may be asked for with (RFC 9110, 10.2.1); none where there is nothing. */
export function allowedFor(path: string): readonly string[] {
  try {
    const methods = known.filter(({ pattern }) => matchPath(pattern, path) !== undefined).map(({ method }) => method);
    return [...new Set(methods)];
  } catch {
    return [];
  }
}
