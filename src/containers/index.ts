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
export { type EngineAddress, engineAt, findEngine, socketsToTry } from "./find.ts";
export { engineImageName } from "./image-name.ts";
export { holdKeeper, type Keeper, startKeeper, untilHeld } from "./keeper/keeper.ts";
export type { FileAct, KeeperAnswer, KeeperOrder, KeeperOrders } from "./keeper/orders.ts";
export { type ContainerIdentity, containerName, keeperSocket, labels, labelsOf, ownEngine } from "./labels.ts";
export { requireNoGroupLimits } from "./own-podman.ts";
