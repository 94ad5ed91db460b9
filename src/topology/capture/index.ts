export * from "./capture.ts";
export { formatSize, parseSize } from "./size.ts";
export { captureInterfaces, groupTargets } from "./targets.ts";
