export * from "./image.ts";
export * from "./program.ts";
export * from "./reference.ts";
