/** Schedules and timelines. Reading fault files is apart, in load.ts: it brings the schemas and the YAML parser. */
export { describeAction } from "./action.ts";
export * from "./in-force.ts";
export * from "./schedule.ts";
export * from "./timeline.ts";
