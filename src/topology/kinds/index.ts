export type { KindFacts } from "./kind.ts";
export type {
  ContainerNeeds,
  Json,
  NeededProgram,
  NodeConfig,
  NodeDirectory,
  NodeService,
  OwnedFile,
  Role,
  SetupCommand,
  Software,
} from "./software.ts";
export { defineKind, type UserKind } from "./user/define.ts";
