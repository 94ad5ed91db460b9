export { LocalAgent } from "./agent/local-agent.ts";
export { readServerConfig, type ServerConfig } from "./config.ts";
export { Controller, type ControllerOptions } from "./controller.ts";
export { backUp, restore } from "./data/backup.ts";
export { newSecret } from "./identity/secrets.ts";
export { type OwnServer, openOwnServer } from "./own/server.ts";
export { isOpenToNodes } from "./policy/exposed.ts";
export { findPages } from "./server/pages.ts";
