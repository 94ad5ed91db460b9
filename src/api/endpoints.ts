/**
 * Where each route of the lab API is: plain data without schemas, so that a client that only calls
 * (`exec` must be quick) need not load the schema library. `ndjson`: the response is one JSON object a
 * line, until the end. `bytes`: it is bytes, until the end; a trailer has the result. `archive`: the
 * connection is upgraded (files.ts).
 */
export const endpoints = {
  labSummary: { method: "GET", path: "/v1/summary", kind: "json" },
  lab: { method: "GET", path: "/v1/lab", kind: "json" },
  stop: { method: "DELETE", path: "/v1/lab", kind: "json" },
  apply: { method: "POST", path: "/v1/apply", kind: "ndjson" },
  addLink: { method: "POST", path: "/v1/links", kind: "json" },
  removeLink: { method: "DELETE", path: "/v1/links/:link", kind: "json" },
  setLink: { method: "POST", path: "/v1/links/:link/state", kind: "json" },
  impairLink: { method: "POST", path: "/v1/links/:link/impairment", kind: "json" },
  linkStatistics: { method: "GET", path: "/v1/links/:link/statistics", kind: "json" },
  verifyLink: { method: "POST", path: "/v1/links/:link/verify", kind: "ndjson" },
  partition: { method: "POST", path: "/v1/partition", kind: "json" },
  runFaults: { method: "POST", path: "/v1/faults", kind: "ndjson" },
  faults: { method: "GET", path: "/v1/faults", kind: "json" },
  faultTimeline: { method: "GET", path: "/v1/faults/:run/timeline", kind: "json" },
  planFaults: { method: "POST", path: "/v1/faults/plan", kind: "json" },
  stopFaults: { method: "DELETE", path: "/v1/faults", kind: "json" },
  nodeAction: { method: "POST", path: "/v1/nodes/:node/action", kind: "json" },
  ports: { method: "GET", path: "/v1/ports", kind: "json" },
  config: { method: "GET", path: "/v1/config", kind: "json" },
  node: { method: "GET", path: "/v1/nodes/:node", kind: "json" },
  console: { method: "GET", path: "/v1/nodes/:node/console", kind: "websocket" },
  snapshotNode: { method: "POST", path: "/v1/nodes/:node/snapshot", kind: "json" },
  saveImage: { method: "POST", path: "/v1/nodes/:node/image", kind: "json" },
  nodeConfig: { method: "GET", path: "/v1/nodes/:node/config", kind: "json" },
  setNodeConfig: { method: "POST", path: "/v1/nodes/:node/config", kind: "json" },
  exec: { method: "GET", path: "/v1/nodes/:node/exec", kind: "websocket" },
  readFiles: { method: "GET", path: "/v1/nodes/:node/files", kind: "archive" },
  writeFiles: { method: "PUT", path: "/v1/nodes/:node/files", kind: "archive" },
  readChanges: { method: "GET", path: "/v1/nodes/:node/changes", kind: "archive" },
  outcome: { method: "GET", path: "/v1/outcome", kind: "json" },
  startCapture: { method: "POST", path: "/v1/captures", kind: "json" },
  captures: { method: "GET", path: "/v1/captures", kind: "json" },
  capture: { method: "GET", path: "/v1/captures/:capture", kind: "json" },
  stopCapture: { method: "DELETE", path: "/v1/captures/:capture", kind: "json" },
  captureStream: { method: "GET", path: "/v1/captures/:capture/stream", kind: "bytes" },
  counters: { method: "GET", path: "/v1/counters", kind: "ndjson" },
  events: { method: "GET", path: "/v1/events", kind: "ndjson" },
  logs: { method: "GET", path: "/v1/logs", kind: "ndjson" },
} as const;

/** Field of the trailer (RFC 9110, 6.5) of responses that are bytes. */
export const resultTrailer = "netwright-result";

/** The protocol that connections of routes with archives are upgraded to (files.ts). */
export const archiveUpgrade = "netwright-archive";
