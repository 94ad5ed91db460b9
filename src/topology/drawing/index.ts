export type { Drawing } from "./drawing.ts";
