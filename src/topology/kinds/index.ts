export type {
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
