import { describe, expect, it, test } from "vitest";
import { specificationOf } from "../../src/engines/container/specification.ts";
import { needsOf } from "../../src/kinds/index.ts";
import { printLab } from "../../src/topology/print.ts";
import { codesOf, load, machine } from "./lab-text.ts";

const container = "engine: container, image: debian";
const surroundings = {
  identity: { lab: "demo", uid: 1000, claim: "0123456789abcdef", runtime: "/run/netwright" },
  files: { hosts: "/f/hosts", hostname: "/f/a/hostname", resolv: "/f/a/resolv.conf" },
  needs: {},
};

describe("containers", () => {
  it("have capabilities and join others, and are printed so that they are read the same", () => {
    const lab = load(
      `defaults: {node: {capabilities: [SYS_NICE]}}
nodes: {a: {${container}, capabilities: [CAP_SYS_PTRACE, SYS_NICE]}, b: {${container}, join: h}, h: {interfaces: {eth0: 10.0.0.1/24}}}`,
    );
    expect(machine(lab, "a").capabilities).toEqual(["SYS_NICE", "SYS_PTRACE"]);
    expect(machine(lab, "b").join).toBe("h");
    expect(machine(lab, "h").capabilities).toBeUndefined();
    expect(load(printLab(lab))).toEqual(lab);
  });

  test.each([
    [`nodes: {a: {capabilities: [SYS_NICE]}}`, "CONTAINER_SETTING_UNUSED"],
    [`nodes: {a: {join: b}, b: }`, "CONTAINER_SETTING_UNUSED"],
    [`nodes: {a: {${container}, capabilities: ["all of them"]}}`, "CAPABILITY_INVALID"],
    [`nodes: {a: {${container}, join: nobody}}`, "NODE_UNKNOWN"],
    [`nodes: {a: {${container}, join: a}}`, "JOIN_IMPOSSIBLE"],
    [`nodes: {a: {${container}, join: s}, s: {kind: switch}}`, "JOIN_IMPOSSIBLE"],
    [`nodes: {a: {${container}, join: b}, b: {${container}, join: c}, c: }`, "JOIN_IMPOSSIBLE"],
    [`nodes: {a: {${container}, join: b, interfaces: {eth0: 10.0.0.1/24}}, b: }`, "JOIN_WITH_NETWORK"],
    [`nodes: {a: {${container}, join: b, internet: true}, b: }`, "JOIN_WITH_NETWORK"],
    [`nodes: {a: {${container}, join: b, ports: [80]}, b: }`, "JOIN_WITH_NETWORK"],
  ])("%s is %s", (text, code) => {
    expect(codesOf(text)).toEqual([code]);
  });

  it("are asked of the engine with what they need and no more", () => {
    const node = machine(
      load(
        `nodes: {a: {${container}, command: [serve, "1"], user: www, environment: {A: b}, capabilities: [SYS_NICE]}}`,
      ),
      "a",
    );
    expect(specificationOf(node, surroundings)).toMatchObject({
      Image: "docker.io/library/debian:latest",
      Cmd: ["serve", "1"],
      User: "www",
      Env: ["NETWRIGHT_LAB=demo", "NETWRIGHT_NODE=a", "A=b"],
      HostConfig: {
        NetworkMode: "container:netwright-demo-01234567-keeper",
        CapAdd: ["NET_ADMIN", "NET_RAW", "SYS_NICE"],
        Mounts: [{ Target: "/etc/hosts", ReadOnly: true }, { Target: "/etc/hostname" }, { Target: "/etc/resolv.conf" }],
      },
    });
    const limited = "{cpus: 0.5, memory: 64MiB, processes: 40, program-memory: 16MiB, open-files: 99}";
    expect(
      specificationOf(machine(load(`nodes: {a: {${container}, resources: ${limited}}}`), "a"), surroundings),
    ).toMatchObject({
      HostConfig: {
        NanoCpus: 500_000_000,
        Memory: 67_108_864,
        MemorySwap: 67_108_864,
        PidsLimit: 40,
        Ulimits: [
          { Name: "data", Soft: 16_777_216, Hard: 16_777_216 },
          { Name: "nofile", Soft: 99, Hard: 99 },
        ],
      },
    });
    expect(JSON.stringify(specificationOf(node, surroundings))).not.toContain("Privileged");
    const router = machine(load(`nodes: {a: {${container}, kind: router, frr: {config: ""}}}`), "a");
    expect(router.image?.command).toBe("none");
    expect(specificationOf(router, { ...surroundings, needs: needsOf(router) })).toMatchObject({
      HostConfig: { CapAdd: ["NET_ADMIN", "NET_RAW", "SYS_ADMIN"], Devices: [] },
    });
    const nat64 = machine(
      load(`nodes: {a: {${container}, kind: nat, preset: nat64, outside: eth0, interfaces: {eth0: 10.0.0.1/24}}}`),
      "a",
    );
    expect(specificationOf(nat64, { ...surroundings, needs: needsOf(nat64) })).toMatchObject({
      HostConfig: { CapAdd: ["NET_ADMIN", "NET_RAW"], Devices: [{ PathOnHost: "/dev/net/tun" }] },
    });
    const idle = machine(load(`nodes: {a: {${container}, command: none}}`), "a");
    expect(specificationOf(idle, surroundings)).toMatchObject({ Entrypoint: ["/.netwright-idle"], Cmd: [] });
    const vendors = machine(load("nodes: {a: {kind: sonic-vs, image: sonic}}"), "a");
    expect(vendors.engine).toBe("container");
    expect(specificationOf(vendors, surroundings)).toMatchObject({
      HostConfig: { CapAdd: expect.arrayContaining(["NET_ADMIN", ...(vendors.role?.container?.capabilities ?? [])]) },
    });
    expect(vendors.role?.container?.capabilities).not.toEqual([]);
  });
});
