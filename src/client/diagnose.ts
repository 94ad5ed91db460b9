import { existsSync, readFileSync } from "node:fs";

/** Why a machine forbids user namespaces, and the command that changes it. `up` and `doctor` say the same. */
export type Diagnosis = { readonly reason: string; readonly mend: string };

/** What the machine says about user namespaces. */
export type NamespaceFacts = {
  readonly uid: number;
  /** Whether the kernel has them at all: /proc/self/ns/user. */
  readonly supported: boolean;
  /** Debian's and Arch's kernel.unprivileged_userns_clone; undefined where there is no such setting. */
  readonly unprivilegedClone: string | undefined;
  /** user.max_user_namespaces, namespaces(7). */
  readonly maxUserNamespaces: string | undefined;
  /** Ubuntu's kernel.apparmor_restrict_unprivileged_userns, since 23.10. */
  readonly apparmorRestricts: string | undefined;
  /** `docker`, `podman`, … when this is a container. */
  readonly container: string | undefined;
  /** A seccomp filter is on (proc(5), Seccomp: 2). */
  readonly filtered: boolean;
};

export function readNamespaceFacts(): NamespaceFacts {
  return {
    uid: process.getuid?.() ?? 0,
    supported: existsSync("/proc/self/ns/user"),
    unprivilegedClone: setting("kernel/unprivileged_userns_clone"),
    maxUserNamespaces: setting("user/max_user_namespaces"),
    apparmorRestricts: setting("kernel/apparmor_restrict_unprivileged_userns"),
    container: containerName(),
    filtered: /^Seccomp:\s*2$/m.test(text("/proc/self/status")),
  };
}

/**
 * Explains why making a sandbox failed, likeliest reason first. Pure.
 *
 * @param symptom what the failing program printed, for the case that nothing known applies
 */
export function explainForbidden(facts: NamespaceFacts, symptom: string): Diagnosis {
  if (!facts.supported) {
    return {
      reason: "this kernel was built without them",
      mend: "Boot a kernel with CONFIG_USER_NS=y; every distribution's own kernel has it.",
    };
  }
  if (facts.maxUserNamespaces === "0") {
    return { reason: "the setting user.max_user_namespaces is 0", mend: persist("user.max_user_namespaces", "28633") };
  }
  if (facts.uid !== 0 && facts.unprivilegedClone === "0") {
    return {
      reason: "the setting kernel.unprivileged_userns_clone is 0",
      mend: persist("kernel.unprivileged_userns_clone", "1"),
    };
  }
  if (/No space left on device|ENOSPC/.test(symptom)) {
    return {
      reason: `the limit of namespaces is reached (user.max_user_namespaces = ${facts.maxUserNamespaces ?? "unknown"})`,
      mend: persist("user.max_user_namespaces", "28633"),
    };
  }
  if (facts.container !== undefined && (facts.filtered || facts.uid === 0)) {
    const options =
      "--security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined";
    return {
      reason: `this is a ${facts.container} container, whose filter forbids them`,
      mend: `Start the container with: ${facts.container === "podman" ? "podman" : "docker"} run ${options} --device /dev/net/tun …`,
    };
  }
  if (facts.uid !== 0 && facts.apparmorRestricts === "1") {
    return {
      reason: "AppArmor restricts them (kernel.apparmor_restrict_unprivileged_userns is 1, as on Ubuntu since 23.10)",
      mend: persist("kernel.apparmor_restrict_unprivileged_userns", "0"),
    };
  }
  if (facts.filtered) {
    return {
      reason: "a seccomp filter of the program that started this one forbids them",
      mend: "Run netwright from an ordinary terminal, or loosen that program's sandbox.",
    };
  }
  return {
    reason: symptom.trim() === "" ? "the kernel does not say why" : symptom.trim(),
    mend: "See what this machine can do with: netwright doctor",
  };
}

/** One command that sets a kernel setting now and for every boot to come. */
const persist = (name: string, value: string): string =>
  `Run: echo "${name} = ${value}" | sudo tee /etc/sysctl.d/60-netwright.conf && sudo sysctl --system`;

function containerName(): string | undefined {
  if (existsSync("/run/.containerenv")) return "podman";
  if (existsSync("/.dockerenv")) return "docker";
  // systemd's convention (CONTAINER_INTERFACE): readable by root only, which is who a container mostly runs as.
  return /(?:^|\0)container=([^\0]+)/.exec(text("/proc/1/environ"))?.[1];
}

const setting = (path: string): string | undefined => {
  const value = text(`/proc/sys/${path}`).trim();
  return value === "" ? undefined : value;
};

const text = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
};
