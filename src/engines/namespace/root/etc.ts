import {
  accessSync,
  constants,
  copyFileSync,
  cpSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { mknod, mount } from "../../../kernel/index.ts";
import type { HostEntry } from "../../../topology/index.ts";

/** Of the host's /etc, what a node does not see: secrets, and settings of the host's own services and network. */
const hidden = [
  "shadow-",
  "gshadow",
  "gshadow-",
  "sudoers",
  "sudoers.d",
  "ssl/private",
  "ssh",
  "NetworkManager",
  "netplan",
  "network",
  "systemd/network",
  "wpa_supplicant",
  "wireguard",
  "openvpn",
  "ipsec.d",
  "ipsec.secrets",
  "swanctl",
  "frr",
  "openvswitch",
  "docker",
  "containers",
  "kubernetes",
  "letsencrypt",
  "netwright",
  "krb5.keytab",
  "crypttab",
  "fstab",
  "hostname",
  "hosts",
  "resolv.conf",
];

/** Settings are small; anything larger in /etc is data, and stays the host's. */
const copiedBytes = 256 * 1024;

/**
 * The /etc that every node of a lab starts from: the host's, without what is hidden, with the lab's
 * own hosts file. Made once per lab in `folder`, which only the sandbox sees.
 */
export class EtcTemplate {
  /** Whiteouts of what is hidden, and copies of files. */
  readonly #layer: string;
  readonly hostsFile: string;
  readonly #hidden: ReadonlySet<string>;
  readonly #folder: string;
  #texts = 0;
  #canOverlay = true;

  constructor(folder: string) {
    this.#folder = folder;
    this.#layer = `${folder}/etc`;
    this.hostsFile = `${folder}/hosts`;
    mkdirSync(this.#layer, { recursive: true });
    this.#hidden = new Set([...hidden, ...notForAll()]);
    for (const name of this.#hidden) {
      if (lstatSync(`/etc/${name}`, { throwIfNoEntry: false }) === undefined) continue;
      mkdirSync(dirname(`${this.#layer}/${name}`), { recursive: true });
      mknod(`${this.#layer}/${name}`, "whiteout", 0);
    }
    this.#copyFiles();
    this.#writeShadow();
    this.setHosts([]);
  }

  /** Rewrites the file in place: every node has it mounted. */
  setHosts(entries: readonly HostEntry[]): void {
    const lines = [
      "127.0.0.1\tlocalhost",
      "::1\tlocalhost ip6-localhost ip6-loopback",
      ...entries.map((entry) => `${entry.address}\t${entry.names.join(" ")}`),
    ];
    writeFileSync(this.hostsFile, `${lines.join("\n")}\n`);
  }

  /** A file with the text, for who mounts it over another. */
  fileWith(text: string): string {
    const path = `${this.#folder}/text-${++this.#texts}`;
    writeFileSync(path, text);
    return path;
  }

  /**
   * Mounts a private, writable copy at `target`.
   *
   * @param own a folder of the node's own file system for what it changes
   */
  provide(target: string, own: string): void {
    mkdirSync(`${own}/upper`, { recursive: true });
    mkdirSync(`${own}/work`, { recursive: true });
    if (this.#canOverlay) {
      try {
        mount({ source: "overlay", target, type: "overlay", data: this.#overlayOptions(own) });
        return;
      } catch {
        // Linux before 5.11 has no overlay in user namespaces: copy instead.
        this.#canOverlay = false;
      }
    }
    cpSync("/etc", target, { recursive: true, verbatimSymlinks: true, filter: (source) => this.#isVisible(source) });
    copyFileSync(`${this.#layer}/shadow`, `${target}/shadow`);
  }

  /** The host's files belong to its root, who is nobody here: a node could not write to them. Copies belong to the node's. */
  #copyFiles(): void {
    for (const entry of readdirSync("/etc", { withFileTypes: true })) {
      const source = `/etc/${entry.name}`;
      if (
        !entry.isFile() ||
        this.#hidden.has(entry.name) ||
        entry.name === "shadow" ||
        !isReadable(source) ||
        statSync(source).size > copiedBytes
      )
        continue;
      copyFileSync(source, `${this.#layer}/${entry.name}`);
    }
  }

  /**
   * Accounts without passwords (shadow(5)) in place of the host's. Programs that ask PAM whether an
   * account is valid, as vtysh does, take one without an entry for locked out.
   */
  #writeShadow(): void {
    const names = readFileSync("/etc/passwd", "utf8")
      .split("\n")
      .map((line) => line.split(":")[0] ?? "")
      .filter((name) => name !== "");
    writeFileSync(`${this.#layer}/shadow`, names.map((name) => `${name}:*:19000:0:99999:7:::\n`).join(""), {
      mode: 0o640,
    });
  }

  #overlayOptions(own: string): string {
    const escaped = (path: string) => path.replace(/[\\:,]/g, "\\$&");
    return `lowerdir=${escaped(this.#layer)}:/etc,upperdir=${escaped(`${own}/upper`)},workdir=${escaped(`${own}/work`)}`;
  }

  #isVisible(source: string): boolean {
    const name = source.slice("/etc/".length);
    if (this.#hidden.has(name) || name === "shadow") return false;
    const stats = lstatSync(source, { throwIfNoEntry: false });
    if (stats === undefined) return false;
    return stats.isSymbolicLink() || ((stats.isDirectory() || stats.isFile()) && isReadable(source));
  }
}

/** What of /etc is not for everybody, for it may be for who runs the lab; a node's root is them, outside. */
const notForAll = (): readonly string[] =>
  readdirSync("/etc").filter((name) => {
    const stats = lstatSync(`/etc/${name}`, { throwIfNoEntry: false });
    return name !== "shadow" && stats !== undefined && (stats.mode & constants.S_IROTH) === 0;
  });

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
