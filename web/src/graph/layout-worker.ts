import { type LayoutRequest, layOut } from "./layout.ts";

// A worker of its own, so that nobody waits for a large topology.
self.onmessage = ({ data }: MessageEvent<LayoutRequest>) => self.postMessage(layOut(data));
