import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { beforeAll, describe, expect, it } from "vitest";

/*
 * Ways between labs and the outside, on a machine made for it in namespaces (programs/outside.ts): with an
 * outside of its own, and ports that nothing else has. Whoever runs the tests owns the labs: a user, or root.
 */

let seen: Readonly<Record<string, unknown>> = {};

beforeAll(async () => {
  const programs = new URL("programs/", import.meta.url).pathname;
  const child = spawn(
    "unshare",
    [
      ...(process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"]),
      ...["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"],
      ...[process.execPath, `${programs}outside.ts`, programs],
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const said = await text(child.stdout);
  seen = JSON.parse(said) as typeof seen;
  expect(seen["error"]).toBeUndefined();
}, 220_000);

describe("a published port", () => {
  it("leads to the program in the node, whatever address that one listens on", () => {
    for (const at of ["127.0.0.1:8080", "[::1]:8080", "127.0.0.1:any", "203.0.113.2:8082"])
      expect(seen[`get ${at}`], at).toBe("200 true");
    expect(seen["udp"]).toBe("echo hello");
  });
  it("leads on to an address that the node reaches", () => expect(seen["get 127.0.0.1:8090"]).toBe("200 true"));
  it("is at no other address", () => expect(seen["elsewhere"]).toMatch(/fetch failed/));
  it("is listed, with the number where any was asked for", () => {
    expect(seen["ports"]).toHaveLength(6);
    expect(seen["ports"]).toContainEqual({
      node: "web",
      protocol: "udp",
      address: "127.0.0.1",
      hostPort: 5353,
      port: 53,
    });
    expect(seen["ports"]).toContainEqual({
      node: "gw",
      protocol: "tcp",
      address: "127.0.0.1",
      hostPort: 8090,
      port: 80,
      to: "10.0.0.1",
    });
    for (const { hostPort } of seen["ports"] as readonly { hostPort: number }[]) expect(hostPort).toBeGreaterThan(0);
  });
  it("moves to another node while the lab runs, by the same gate", () => {
    expect((seen["moved"] as string[]).toSorted()).toEqual(["h 8080 10.0.0.1", "h 8099", "web 5353", "web 8080"]);
    expect(seen["get moved"]).toBe("200 true");
    expect(seen["gone"]).toMatch(/fetch failed/);
    expect(seen["same gate"]).toBe(true);
  });
  it("that is taken is refused with its owner, and nothing changes", () => {
    expect(seen["taken by a lab"]).toContain(
      'PORT_TAKEN: 127.0.0.1:8080/tcp of this machine is in use by lab "first".',
    );
    expect(seen["taken by a process"]).toMatch(
      /PORT_TAKEN: 127\.0\.0\.1:8765\/tcp of this machine is in use by node \(PID 1\)\./,
    );
    expect(seen["taken by a address"]).toContain("PORT_ADDRESS_MISSING: 192.0.2.77:80/tcp cannot be published");
    expect(seen["apply refused"]).toContain("PORT_TAKEN");
    expect(seen["as before"]).toBe("200 true");
  });
});

describe("a node with internet", () => {
  it("reaches the outside by IPv4, IPv6, UDP and by name, as this machine; so does one in another lab with the same addresses", () => {
    expect(seen["out v4"]).toBe("outside 203.0.113.2");
    expect(seen["out v6"]).toBe("outside 2001:db8:ff::2");
    expect(seen["other lab"]).toBe("outside 203.0.113.2");
    expect(seen["udp outside"]).toBe("203.0.113.2 hi");
    expect(seen["by name"]).toBe("outside 203.0.113.2");
  });
  it("takes others there when it is a router, and their questions for names", () => {
    expect(seen["through gw"]).toBe("outside 203.0.113.2");
    expect(seen["by name through gw"]).toBe("outside 203.0.113.2");
  });
  it("is an uplink: it leads out, answers for names, and gives addresses that nobody has", () => {
    expect(seen["out by an uplink"]).toBe("outside 203.0.113.2");
    const lease = String(seen["lease of an uplink"]);
    const host = Number(/inet 192\.168\.7\.(\d+)\/24/.exec(lease)?.[1]);
    expect([host >= 2, host < 200], lease).toEqual([true, true]);
    expect(lease).toMatch(/^nameserver 192\.168\.7\.1$/m);
  });
  it("reaches ports of this machine's loopback that are allowed, and no others", () => {
    expect(seen["allowed"]).toMatch(/^allowed /);
    for (const at of ["loopback", "loopback v6", "host.internal", "gateway"])
      expect(seen[`secret at ${at}`], at).toMatch(/\n(7|28)$/);
    // ECONNREFUSED: there is no such socket in the node's network.
    expect(seen["abstract"]).toBe("111");
  });
  it("is given and taken while the lab runs", () => {
    expect(seen["gw no more"]).toBe('Device "internet" does not exist.');
    expect(seen["h now itself"]).toMatch(/outside 203\.0\.113\.2$/);
  });
});

describe("a node without", () => {
  it("reaches nothing of the outside or this machine", () => {
    for (const from of ["outside", "this machine", "its loopback"])
      expect(seen[`shut in from ${from}`], from).toMatch(/\n7$/);
  });
  it("asks no name server", () => {
    expect(seen["no resolv.conf"]).not.toMatch(/^nameserver/m);
    expect(seen["resolv.conf"]).toMatch(/^nameserver 198\.19\.255\.3$/m);
  });
});

describe("names", () => {
  it("lead to nodes in /etc/hosts and by DNS, one to several", () => {
    expect(seen["alias"]).toMatch(/^10\.0\.0\.1 .*api\.example\.lab/);
    expect(seen["alias"]).toMatch(/10\.0\.0\.9\s+both\.lab/);
    expect(seen["names by DNS"]).toContain("10.0.0.1");
    expect(seen["names by DNS"]).toContain("10.0.0.9");
  });
});

describe("what is outside of the sandbox", () => {
  it("comes back when it is killed", () => {
    expect(seen["pasta killed"]).toBe("outside 203.0.113.2\n");
    expect(seen["gate killed"]).toBe("outside 203.0.113.2\n");
    expect(seen["gate killed, port"]).toBe("200 true");
    expect(seen["gate killed, allowed"]).toMatch(/^allowed /);
  });
  it("ends with the lab, also when the supervisor is killed", () => {
    expect(seen["supervisor killed"]).toBe("free");
    expect(seen["left"]).toEqual([]);
  });
});
