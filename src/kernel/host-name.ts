import { check, libc } from "./libc.ts";

/** Sets the host name of this thread's UTS namespace; at most 64 bytes (sethostname(2)). @throws {KernelError} */
export function sethostname(name: string): void {
  const bytes = Buffer.from(name);
  check(`sethostname ${name}`, libc.sethostname(bytes, bytes.length));
}

/** Sets the NIS domain name of this thread's UTS namespace; at most 64 bytes (setdomainname(2)). @throws {KernelError} */
export function setdomainname(name: string): void {
  const bytes = Buffer.from(name);
  check(`setdomainname ${name}`, libc.setdomainname(bytes, bytes.length));
}
