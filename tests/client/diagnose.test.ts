import { describe, expect, it } from "vitest";
import { explainForbidden, type NamespaceFacts } from "../../src/client/diagnose.ts";

const able: NamespaceFacts = {
  uid: 1000,
  supported: true,
  unprivilegedClone: undefined,
  maxUserNamespaces: "62000",
  apparmorRestricts: undefined,
  container: undefined,
  filtered: false,
};
const refused = "unshare: unshare failed: Operation not permitted";

describe("why a sandbox cannot be made", () => {
  it.each<[string, Partial<NamespaceFacts>, string, RegExp, RegExp]>([
    ["a kernel without them", { supported: false }, refused, /built without/, /CONFIG_USER_NS=y/],
    [
      "the limit is 0",
      { maxUserNamespaces: "0" },
      refused,
      /max_user_namespaces is 0/,
      /user\.max_user_namespaces = 28633/,
    ],
    [
      "the limit is reached",
      {},
      "unshare failed: No space left on device",
      /limit .* reached/,
      /user\.max_user_namespaces/,
    ],
    [
      "Debian's switch",
      { unprivilegedClone: "0" },
      refused,
      /unprivileged_userns_clone is 0/,
      /unprivileged_userns_clone = 1/,
    ],
    ["Ubuntu's AppArmor", { apparmorRestricts: "1" }, refused, /AppArmor/, /apparmor_restrict_unprivileged_userns = 0/],
    [
      "a Docker container",
      { container: "docker", filtered: true },
      refused,
      /docker container/,
      /docker run --security-opt seccomp=unconfined/,
    ],
    [
      "a Podman container",
      { container: "podman", filtered: true },
      refused,
      /podman container/,
      /^Start the container with: podman run/,
    ],
    ["another program's filter", { filtered: true }, refused, /seccomp filter/, /ordinary terminal/],
    ["something unknown", {}, "unshare: it is Tuesday", /it is Tuesday/, /netwright doctor/],
  ])("%s", (_, facts, symptom, reason, mend) => {
    const diagnosis = explainForbidden({ ...able, ...facts }, symptom);
    expect(diagnosis.reason).toMatch(reason);
    expect(diagnosis.mend).toMatch(mend);
  });

  it("does not blame settings that do not bind root", () => {
    const { reason } = explainForbidden({ ...able, uid: 0, unprivilegedClone: "0", apparmorRestricts: "1" }, refused);
    expect(reason).toContain("Operation not permitted");
  });

  it("gives commands that set a setting for good", () => {
    const { mend } = explainForbidden({ ...able, apparmorRestricts: "1" }, refused);
    expect(mend).toBe(
      'Run: echo "kernel.apparmor_restrict_unprivileged_userns = 0" | sudo tee /etc/sysctl.d/60-netwright.conf && sudo sysctl --system',
    );
  });
});
