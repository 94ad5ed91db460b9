export { demultiplex, type EngineStreams } from "./attach.ts";
export { removeContainers } from "./collect.ts";
export {
  ContainerEngine,
  type ContainerState,
  type EngineEvent,
  type EngineInfo,
  type ExecState,
  type ImageState,
} from "./engine.ts";
export { type EngineAddress, engineAt, findEngine } from "./find.ts";
export { engineImageName } from "./image-name.ts";
export { holdKeeper, type Keeper, startKeeper } from "./keeper/keeper.ts";
export type { FileAct, KeeperAnswer, KeeperOrder } from "./keeper/orders.ts";
export { type ContainerIdentity, containerName, keeperSocket, labels, labelsOf } from "./labels.ts";
