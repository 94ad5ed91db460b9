export { type AddressChange, addressChange } from "./addresses.ts";
export { type ChangeSymbol, describeStep, routeText, symbolOf } from "./describe.ts";
export { type PlanReport, planLines, planReport } from "./dry-run.ts";
export { undoOf } from "./invert.ts";
export { hostEntries } from "./names.ts";
export { type Phase, type PhaseItem, phases } from "./phases.ts";
export { plan } from "./plan.ts";
export { needsStart, restarts } from "./starting.ts";
