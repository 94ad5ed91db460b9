import { readFileSync } from "node:fs";
import type { OwnPodman } from "./find.ts";

/** Where things are in a lab's Podman's own view of the file system: in memory, gone with it. */
export const inside = {
  socket: "/run/netwright/podman.sock",
  /** A link to the network namespace that the keeper is in. */
  network: "/run/netwright/network",
} as const;

/** Of getrlimit(2), by the name that engines have for it. */
export type ProgramLimit = { readonly name: string; readonly most: number };

/** More than this no program needs, and the kernel takes no more open files for one by default (fs.nr_open). */
const most = 1_048_576;

/**
 * What programs in containers may have: no more than the user has, since a user namespace's root may not raise a limit.
 *
 * @param limits the text of /proc/self/limits
 */
export function programLimits(limits = readFileSync("/proc/self/limits", "utf8")): readonly ProgramLimit[] {
  const hard = (name: string): number => {
    const value = new RegExp(`^${name}\\s+\\S+\\s+(\\d+)`, "m").exec(limits)?.[1];
    return Math.min(value === undefined ? most : Number(value), most);
  };
  return [
    { name: "nofile", most: hard("Max open files") },
    { name: "nproc", most: hard("Max processes") },
  ];
}

/**
 * containers.conf(5) for an engine without control groups. What it knows is in memory. Where it says --root to
 * commands of its own, they look for that below the root.
 *
 * @param at as in `storageSettings`
 */
export function engineSettings({ crun }: OwnPodman, at: "memory" | "images"): string {
  const ulimits = programLimits().map(({ name, most: value }) => `"${name}=${value}:${value}"`);
  return `[containers]
cgroups = "disabled"
apparmor_profile = "unconfined"
label = false
pids_limit = 0
default_ulimits = [${ulimits.join(", ")}]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "crun"
static_dir = "${at === "memory" ? "/run/netwright/storage/libpod" : "/run/netwright/libpod"}"
tmp_dir = "/run/netwright/tmp"
volume_path = "/run/netwright/volumes"
[engine.runtimes]
crun = [${JSON.stringify(crun)}]
`;
}

/**
 * storage.conf(5).
 *
 * @param at `memory`: containers and what they write are in memory, and the user's images are read only.
 * `images`: for getting images
 */
export function storageSettings({ images }: OwnPodman, at: "memory" | "images"): string {
  const root = at === "memory" ? "/run/netwright/storage" : images;
  return `[storage]
driver = "overlay"
runroot = "/run/netwright/mounts"
graphroot = ${JSON.stringify(root)}
[storage.options]
additionalimagestores = [${at === "memory" ? JSON.stringify(images) : ""}]
`;
}

/**
 * Gives what follows a view of the file system in which root's places, that an ordinary user may not write
 * in, are its own and empty. All that was in /run stays there but what engines have in it. No control
 * groups are seen: crun refuses those of both versions beside each other, which it has no use for here.
 *
 * Parameters: containers.conf, storage.conf, then the command.
 */
export const ownView = `set -e
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mkdir /dev/shm/run
for one in /run/*; do
  case \${one##*/} in containers | crun | libpod | lock | netns | netwright | podman) continue ;; esac
  at=/dev/shm$one
  if [ -L "$one" ]; then cp -P "$one" "$at" || :
  elif [ -d "$one" ]; then mkdir "$at" && mount --rbind "$one" "$at" || :
  elif [ -e "$one" ]; then : >"$at" && mount --bind "$one" "$at" || :
  fi
done 2>/dev/null
mount --rbind /dev/shm/run /run
mkdir -p /run/netwright /run/lock
[ ! -d /sys/fs/cgroup ] || mount -t tmpfs tmpfs /sys/fs/cgroup
printf %s "$1" >/run/netwright/containers.conf
printf %s "$2" >/run/netwright/storage.conf
export CONTAINERS_CONF=/run/netwright/containers.conf CONTAINERS_STORAGE_CONF=/run/netwright/storage.conf
shift 2
`;
