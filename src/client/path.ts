import { endpoints } from "../api/endpoints.ts";
import type { RouteName } from "../api/routes.ts";

/** The path of a route with its parameters in place; parameters that are undefined are left out of the query. */
export function pathOf(
  name: RouteName,
  params: Readonly<Record<string, unknown>>,
  query: Readonly<Record<string, unknown>> = {},
): string {
  const path = endpoints[name].path.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(String(params[key])));
  const search = new URLSearchParams(
    Object.entries(query).flatMap(([key, value]): [string, string][] =>
      value === undefined ? [] : [[key, String(value)]],
    ),
  );
  return search.size === 0 ? path : `${path}?${search}`;
}
