import { readFileSync } from "node:fs";
import { findUserIn, type User } from "../passwd.ts";

/**
 * Finds a user where this thread is (call it in the node's mount namespace).
 *
 * @param wanted a name, or `uid` or `uid:gid` in numbers
 * @throws USER_NOT_FOUND
 */
export const findUser = (wanted: string, node: string): User =>
  findUserIn({ passwd: read("/etc/passwd"), group: read("/etc/group") }, wanted, node);

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
