import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { inNamespaces, type Namespace } from "../../kernel/index.ts";
import type { FileAct, KeeperAnswer } from "./orders.ts";

const { O_CREAT, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/**
 * Does something to one file of a container, as its programs see it.
 *
 * @param fileSystem the container's mount namespace
 * @throws the error of the call that failed
 */
export function actOnFile(fileSystem: Namespace, act: FileAct, path: string, content: Buffer): KeeperAnswer {
  return inNamespaces([fileSystem], () => {
    switch (act) {
      case "exists":
        return { ok: true, exists: existsSync(path) };
      case "read":
        return { ok: true, content: withFile(path, O_RDONLY, (fd) => readFileSync(fd).toString("base64")) };
      case "write":
        mkdirSync(dirname(path), { recursive: true });
        withFile(path, O_WRONLY | O_CREAT, (fd) => {
          ftruncateSync(fd, 0);
          writeFileSync(fd, content);
        });
        return { ok: true };
      case "remove":
        rmSync(path, { force: true });
        return { ok: true };
      default:
        return act satisfies never;
    }
  });
}

/** Whoever made the file may have made a pipe of it, which this process must not wait for. */
function withFile<Value>(path: string, flags: number, body: (fd: number) => Value): Value {
  const fd = openSync(path, flags | O_NONBLOCK, 0o644);
  try {
    if (!fstatSync(fd).isFile()) throw new Error(`${path} is no file`);
    return body(fd);
  } finally {
    closeSync(fd);
  }
}
