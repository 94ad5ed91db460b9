export { type FrrChange, type FrrLoad, type FrrRestart, frrChange } from "./change.ts";
