import { NetwrightError } from "../../topology/errors/error.ts";
import { readNamespaceFacts } from "../diagnose.ts";
import { readIdFacts } from "../launch/id-facts.ts";
import { freeSubordinateStart, subordinateRange } from "../launch/id-map.ts";
import type { Check } from "./check.ts";
import { installCommand } from "./distribution.ts";

/** What the sandbox itself is made of. */
export const namespaceChecks: readonly Check[] = [
  {
    name: "User namespaces",
    neededFor: "every lab: the sandbox is made of them",
    required: true,
    find: ({ kernel, sandboxError, uid }) => {
      if (kernel !== undefined)
        return { status: "ok", detail: uid === 0 ? "labs run under other ids, never as root" : "no root needed" };
      if (sandboxError instanceof NetwrightError) {
        const { message, remedy } = sandboxError;
        return { status: "missing", detail: message, ...(remedy === undefined ? {} : { mend: remedy }) };
      }
      return { status: "missing", detail: String(sandboxError?.message ?? "a sandbox could not be made") };
    },
  },
  {
    name: "Subordinate ids",
    neededFor: "programs in nodes that run as users of their own (FRR's daemons, web servers)",
    find: ({ uid, path, distribution }) => {
      const facts = readIdFacts(path);
      if (uid === 0) return { status: "ok", detail: "root maps the ids it likes" };
      const user = facts.userName ?? String(uid);
      const range = subordinateRange(facts.subuid, facts);
      if (range === undefined || subordinateRange(facts.subgid, facts) === undefined) {
        const first = freeSubordinateStart(facts.subuid, facts.subgid);
        return {
          status: "limited",
          detail: `/etc/subuid and /etc/subgid grant ${user} none: everything in a node runs as its root`,
          mend: `sudo usermod --add-subuids ${first}-${first + 65_535} --add-subgids ${first}-${first + 65_535} ${user}`,
        };
      }
      if (!facts.helpers) {
        return {
          status: "limited",
          detail: "newuidmap and newgidmap are not installed: everything in a node runs as its root",
          mend: installCommand(distribution, {
            debian: "uidmap",
            fedora: "shadow-utils",
            suse: "shadow",
            arch: "shadow",
            alpine: "shadow-uidmap",
          }),
        };
      }
      return { status: "ok", detail: `${range.count} ids from ${range.start} on` };
    },
  },
  {
    name: "AppArmor",
    neededFor: "every lab, where the kernel restricts user namespaces by it (Ubuntu since 23.10)",
    find: ({ uid, kernel }) => {
      const { apparmorRestricts } = readNamespaceFacts();
      if (apparmorRestricts !== "1") return { status: "ok", detail: "does not restrict user namespaces here" };
      if (uid === 0 || kernel !== undefined)
        return { status: "ok", detail: "restricts user namespaces, but not netwright's" };
      return {
        status: "missing",
        detail: "restricts user namespaces",
        mend: 'echo "kernel.apparmor_restrict_unprivileged_userns = 0" | sudo tee /etc/sysctl.d/60-netwright.conf && sudo sysctl --system',
      };
    },
  },
  {
    name: "Container",
    neededFor: "every lab: containers forbid much of what a sandbox is made of",
    find: ({ kernel }) => {
      const { container } = readNamespaceFacts();
      if (container === undefined) return { status: "ok", detail: "this is none" };
      if (kernel?.["proc"]?.ok)
        return { status: "ok", detail: `this is a ${container} container that allows sandboxes` };
      return {
        status: "missing",
        detail: `this is a ${container} container that does not allow sandboxes`,
        mend: `${container === "podman" ? "podman" : "docker"} run --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined --device /dev/net/tun …`,
      };
    },
  },
];
