export * from "./change.ts";
export * from "./pasta.ts";
export * from "./reach.ts";
