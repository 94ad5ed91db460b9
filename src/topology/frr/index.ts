export { type FrrChange, frrChange } from "./change.ts";
