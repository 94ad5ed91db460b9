import { useEffect, useMemo, useRef, useState } from "react";
import type { Layout } from "../../../src/api/index.ts";
import type { LayoutRequest } from "./layout.ts";

/** Lays a topology out in a worker. Rejects when `signal` aborts. */
export function layOutAside(request: LayoutRequest, signal: AbortSignal): Promise<Layout> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./layout-worker.ts", import.meta.url), { type: "module" });
    const end = () => worker.terminate();
    signal.addEventListener("abort", () => {
      end();
      reject(signal.reason as Error);
    });
    worker.onmessage = ({ data }: MessageEvent<Layout>) => {
      end();
      resolve(data);
    };
    worker.onerror = ({ message }) => {
      end();
      reject(new Error(message));
    };
    worker.postMessage(request);
  });
}

/**
 * Places for all nodes: those that are given, and found ones for the others.
 *
 * @returns undefined while they are being found for the first time
 */
export function usePlaces(
  nodes: readonly string[],
  links: LayoutRequest["links"],
  given: Layout | undefined,
): Layout | undefined {
  const [found, setFound] = useState<Layout>({});
  const latest = useRef({ nodes, links });
  latest.current = { nodes, links };
  const places = useMemo(() => ({ ...found, ...given }), [found, given]);
  const missingKey = useMemo(() => nodes.filter((name) => places[name] === undefined).join("\n"), [nodes, places]);
  const isReady = missingKey === "";
  const fixed = useRef<Layout>(places);
  fixed.current = places;
  useEffect(() => {
    if (missingKey === "") return;
    const gone = new AbortController();
    layOutAside({ ...latest.current, fixed: fixed.current }, gone.signal).then(
      (places) => setFound((known) => ({ ...known, ...places })),
      () => undefined,
    );
    return () => gone.abort();
  }, [missingKey]);
  if (!isReady && Object.keys(places).length === 0) return undefined;
  return places;
}
