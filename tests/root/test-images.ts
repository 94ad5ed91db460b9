import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { encodeHeader, endOfArchive, padding } from "../../src/archive/index.ts";
import { hostFiles, hostFolder } from "../guest/host-files.ts";

/** Images for tests, as tar archives of their root file systems, made of this machine's programs. */

type File = { readonly path: string; readonly content?: Buffer | string; readonly to?: string; readonly mode?: number };

const users = ["root:x:0:0:root:/:/bin/sh", "guest:x:1000:1000::/tmp:/bin/sh", "frr:x:101:101::/:/bin/false", ""].join(
  "\n",
);
const groups = ["root:x:0:", "guest:x:1000:", "frr:x:101:", "frrvty:x:102:frr", ""].join("\n");

/** Busybox, and nothing else. */
export function boxImage(): Buffer {
  const busybox = ["/bin/busybox", "/usr/bin/busybox"].find(existsSync) ?? "/bin/busybox";
  return tar([
    { path: "tmp", mode: 0o1777 },
    { path: "bin" },
    { path: "bin/busybox", content: readFileSync(busybox), mode: 0o755 },
    ...applets(busybox).map((name) => ({ path: `bin/${name}`, to: "busybox" })),
    { path: "etc" },
    { path: "etc/passwd", content: users },
    { path: "etc/group", content: groups },
  ]);
}

/** A user with subordinate ids, and places for the machine's own programs, which are to be mounted at /usr. */
export function serverImage(): Buffer {
  return tar([
    { path: "tmp", mode: 0o1777 },
    ...["etc", "run", "sbin", "usr", "var", "var/lib"].map((path) => ({ path })),
    ...["bin", "lib", "lib64"].map((path) => ({ path, to: `usr/${path}` })),
    { path: "etc/passwd", content: "root:x:0:0:root:/:/bin/sh\nnetwright:x:10000:10000::/var/lib/netwright:/bin/sh\n" },
    { path: "etc/group", content: "root:x:0:\nnetwright:x:10000:\n" },
    ...["etc/subuid", "etc/subgid"].map((path) => ({ path, content: "netwright:100000:65536\n" })),
  ]);
}

const programs = ["nft", "dnsmasq", "tayga", "ip", "iperf3", "socat", "vtysh", "busybox", "dash", "curl"];
const daemons = ["zebra", "staticd", "ospfd"];

/** What the kinds of nodes use, in an image that sets no PATH. */
export function kindsImage(): Buffer {
  const folders = ["/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
  const found = programs.flatMap((name) => folders.map((folder) => `${folder}/${name}`).find(existsSync) ?? []);
  const libraries = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"];
  const modules = libraries.map((folder) => `${folder}/frr`).filter(existsSync);
  // vtysh asks PAM whether root may.
  const permit = libraries.map((folder) => `${folder}/security/pam_permit.so`).filter(existsSync);
  const entries = hostFiles([
    ...found,
    ...daemons.map((name) => `/usr/lib/frr/${name}`),
    ...modules.flatMap(hostFolder),
    ...permit,
    ...["/usr/share/yang", "/usr/lib/xtables", "/usr/share/iproute2"].filter(existsSync).flatMap(hostFolder),
  ]);
  const has = (name: string) => found.some((path) => path.endsWith(`/${name}`));
  const others = [...applets("/bin/busybox").filter((name) => !has(name) && name !== "sh")];
  return tar([
    ...[...entries.values()].map((entry): File => {
      if (entry.kind === "link") return { path: entry.path, to: entry.to };
      if (entry.kind === "folder") return { path: entry.path };
      return { path: entry.path, content: Buffer.from(entry.content), mode: entry.executable ? 0o755 : 0o644 };
    }),
    ...others.map((name) => ({ path: `usr/bin/${name}`, to: "busybox" })),
    { path: "usr/bin/sh", to: "dash" },
    { path: "tmp", mode: 0o1777 },
    ...["etc", "run", "var", "var/lib", "var/tmp", "srv"].map((path) => ({ path })),
    { path: "var/run", to: "/run" },
    { path: "etc/passwd", content: users },
    { path: "etc/group", content: groups },
    { path: "etc/pam.d" },
    { path: "etc/pam.d/frr", content: "auth sufficient pam_permit.so\naccount sufficient pam_permit.so\n" },
  ]);
}

/** Gives an engine an image of a root file system (Docker Engine API, "Create an image", fromSrc). */
export async function importImage(socket: string, name: string, root: Buffer): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const path = `/images/create?fromSrc=-&repo=${encodeURIComponent(name)}`;
  const call = request({ socketPath: socket, method: "POST", path }, (response) => {
    response.resume();
    response.once("end", () =>
      response.statusCode === 200 ? resolve() : reject(new Error(`import: status ${response.statusCode}`)),
    );
  });
  call.once("error", reject);
  call.end(root);
  await promise;
}

const applets = (busybox: string): readonly string[] =>
  execFileSync(busybox, ["--list"], { encoding: "utf8" })
    .trim()
    .split("\n")
    .filter((name) => name !== "busybox");

function tar(files: readonly File[]): Buffer {
  const parts = files.flatMap(({ path, content, to, mode = 0o755 }) => {
    const more = { name: path, mode, uid: 0, gid: 0, modifiedMs: 0 };
    if (to !== undefined) return [encodeHeader({ ...more, type: "symlink", target: to, sizeBytes: 0 })];
    if (content === undefined) return [encodeHeader({ ...more, type: "folder", sizeBytes: 0 })];
    const bytes = Buffer.from(content);
    return [
      encodeHeader({ ...more, type: "file", sizeBytes: bytes.length }),
      bytes,
      Buffer.alloc(padding(bytes.length)),
    ];
  });
  return Buffer.concat([...parts, endOfArchive()]);
}
