import { describe, expect, test } from "vitest";
import { codesOf, load, loaded, machine } from "./lab-text.ts";

const text = (file: { contentBase64: string }) => Buffer.from(file.contentBase64, "base64").toString();

test("a name is enough for a host", () => {
  expect(load("nodes: {h1: }", { name: "demo" })).toEqual({
    name: "demo",
    mode: "keep",
    nodes: [
      {
        name: "h1",
        kind: "host",
        interfaces: [],
        engine: "namespace",
        root: "isolated",
        hostname: "h1",
        routes: [],
        sysctls: {},
        environment: {},
        startup: [],
        files: [],
        mounts: [],
      },
    ],
    links: [],
    processes: [],
  });
});

describe("the lab's name", () => {
  test.each([
    ["--name", "name: written\nnodes: {}", { name: "given" }, "given"],
    ["the file", "name: written\nnodes: {}", {}, "written"],
    ["the folder of lab.yaml", "nodes: {}", { file: "/home/me/My Project!/lab.yaml" }, "My-Project"],
    ["another file's own", "nodes: {}", { file: "/home/me/office_2.yaml" }, "office-2"],
    ["lab, when nothing is left", "nodes: {}", { file: "/lab.yaml" }, "lab"],
  ])("is that of %s", (_what, file, options, name) => {
    expect(load(file, options).name).toBe(name);
  });

  test.each(["a b", "-a", "a_b", "x".repeat(64), "../x", "ä"])("cannot be %s", (name) => {
    expect(codesOf("nodes: {}", { name })).toEqual(["NAME_INVALID"]);
  });
});

describe("defaults", () => {
  const lab = load(`
defaults:
  node: {sysctls: {net.a.b: 1, net.a.c: 1}, environment: {A: 1, B: 1}, startup: [[first]], files: {/f: one, /g: one}, hostname: "\${node.name}.lab"}
  host: {sysctls: {net.a.c: 2}, root: host, routes: [{to: 10.0.0.0/8, interface: lo}]}
  router: {frr: {config: shared}}
nodes:
  h1: {environment: {B: 2}, startup: [[second], {shell: "x | y"}], files: {/f: two}, sysctls: {net.a.d: true}}
  r1: {kind: router}
  r2: {kind: router, frr: {config: own}, hostname: other}
`);

  test("maps are merged, the node's own values win", () => {
    const h1 = machine(lab, "h1");
    expect(h1.sysctls).toEqual({ "net.a.b": "1", "net.a.c": "2", "net.a.d": "1" });
    expect(h1.environment).toEqual({ A: "1", B: "2" });
    expect(h1.files.map((file) => [file.path, text(file)])).toEqual([
      ["/f", "two"],
      ["/g", "one"],
    ]);
    expect(h1.root).toBe("host");
  });

  test("lists come one after the other", () => {
    expect(machine(lab, "h1").startup).toEqual([{ argv: ["first"] }, { argv: ["second"] }, { shell: "x | y" }]);
  });

  test("are of a kind, and may speak of the node", () => {
    expect(machine(lab, "r1")).toMatchObject({
      frr: { config: "shared" },
      root: "isolated",
      routes: [],
      hostname: "r1.lab",
    });
    expect(machine(lab, "r2")).toMatchObject({ frr: { config: "own" }, hostname: "other" });
  });
});

describe("files", () => {
  const files = {
    "/labs/demo/conf/a.bin": new Uint8Array([0, 255, 10]),
    "/abs/frr.conf": "router ospf\n",
    "/labs/demo/app/": "",
  };

  test("have their content from the lab file or from beside it", () => {
    const lab = load(
      `
nodes:
  h1:
    files:
      /inline: "text é"
      /long: {content: long, mode: "0755"}
      /bare: {content: x, mode: 0600}
      /bytes: {base64: AP8K}
      /from: {from: conf/a.bin, mode: "400"}
  r1: {kind: router, frr: {from: /abs/frr.conf}, mounts: [{source: ./app, target: /app, readonly: true}, {source: app, target: /rw}]}
`,
      { files },
    );
    expect(machine(lab, "h1").files).toEqual([
      { path: "/inline", contentBase64: Buffer.from("text é").toString("base64"), mode: 0o644 },
      { path: "/long", contentBase64: "bG9uZw==", mode: 0o755 },
      { path: "/bare", contentBase64: "eA==", mode: 0o600 },
      { path: "/bytes", contentBase64: "AP8K", mode: 0o644 },
      { path: "/from", contentBase64: "AP8K", mode: 0o400 },
    ]);
    expect(machine(lab, "r1")).toMatchObject({
      frr: { config: "router ospf\n" },
      mounts: [
        { source: "/labs/demo/app", target: "/app", readOnly: true },
        { source: "/labs/demo/app", target: "/rw", readOnly: false },
      ],
    });
  });

  test("consoles are a command, or a map with when it starts; what a node says replaces its defaults", () => {
    const lab = load(`
defaults: {node: {console: [top]}}
nodes:
  h1: {}
  h2: {console: {shell: "exec vi"}}
  h3: {console: {start: up}}
  r1: {kind: router, console: {command: [vtysh], start: attach}}
`);
    expect(["h1", "h2", "h3", "r1"].map((name) => (machine(lab, name) as { console?: unknown }).console)).toEqual([
      { command: { argv: ["top"] }, startsWithNode: false },
      { command: { shell: "exec vi" }, startsWithNode: false },
      { startsWithNode: true },
      { command: { argv: ["vtysh"] }, startsWithNode: false },
    ]);
  });

  test("variables in a file beside the lab file are its own", () => {
    const lab = load("nodes: {r1: {kind: router, frr: {from: /abs/frr.conf}}}", {
      files: { "/abs/frr.conf": "! ${x} ${node.name}" },
    });
    expect(machine(lab, "r1")).toMatchObject({ frr: { config: "! ${x} ${node.name}" } });
  });

  test.each([
    ["/f: {from: missing}", "FILE_MISSING"],
    ["/f: {from: app}", "FILE_IS_FOLDER"],
    ["/f: {}", "FILE_FORM"],
    ["/f: {content: a, from: b}", "FILE_FORM"],
    ["/f: {content: a, mode: 644}", "FILE_MODE"],
    ["/f: {content: a, mode: 0o644}", "FILE_MODE"],
    ['/f: {content: a, mode: "0888"}', "FILE_MODE"],
    ["/f: {base64: A}", "BASE64_INVALID"],
    ["f: a", "PATH_INVALID"],
    ["/: a", "PATH_INVALID"],
    ["/a/../b: a", "PATH_INVALID"],
    ["/a/: a", "PATH_INVALID"],
    ['/a: "\\0"', "TEXT_WITH_ZERO"],
  ])("%s: %s", (file, code) => {
    expect(codesOf(`nodes: {h1: {files: {${file}}}}`, { files })).toEqual([code]);
  });

  test("that cannot be read are an error like any other", () => {
    const reader = {
      readText: () => "",
      readBytes: () => {
        throw Object.assign(new Error("no"), { code: "EACCES" });
      },
      stat: () => "file" as const,
    };
    expect(() => loaded("nodes: {h1: {files: {/f: {from: secret}}}}", { reader } as never)).toThrow(
      "Cannot read secret: EACCES.",
    );
  });
});

describe("routes", () => {
  const routes = (list: string) =>
    machine(
      load(
        `nodes: {h1: {interfaces: {eth0: [10.0.0.1/24, "2001:db8::1/64"]}, routes: [${list}]}, h2: }\nlinks: [[h1, h2]]`,
      ),
      "h1",
    ).routes;

  test.each([
    ["{to: default, via: 10.0.0.2}", { to: "0.0.0.0/0", via: "10.0.0.2" }],
    ['{to: default, via: "2001:DB8::2"}', { to: "::/0", via: "2001:db8::2" }],
    ["{to: 10.1.0.0/16, interface: eth0, metric: 5}", { to: "10.1.0.0/16", interface: "eth0", metric: 5 }],
    ['{to: "::/0", via: "fe80::1", interface: eth0}', { to: "::/0", via: "fe80::1", interface: "eth0" }],
  ])("%s", (route, expected) => {
    expect(routes(route)).toEqual([expected]);
  });

  test("a gateway may be on-link by a route", () => {
    expect(routes("{to: 192.0.2.1/32, interface: eth0}, {to: default, via: 192.0.2.1}")).toHaveLength(2);
  });

  test.each([
    ["{to: 10.1.0.0/16}", "ROUTE_INCOMPLETE"],
    ["{to: default}", "ROUTE_DEFAULT_FAMILY"],
    ["{to: 10.1.0.1/16, via: 10.0.0.2}", "PREFIX_HOST_BITS"],
    ["{to: 10.1.0.0, via: 10.0.0.2}", "PREFIX_INVALID"],
    ["{to: 10.1.0.0/16, via: 10.0.0.2/24}", "ADDRESS_INVALID"],
    ["{to: 10.1.0.0/16, via: 10.7.0.2}", "ROUTE_VIA_UNREACHABLE"],
    ['{to: 10.1.0.0/16, via: "2001:db8::2"}', "ROUTE_FAMILIES"],
    ['{to: "2001:db8:1::/48", via: "fe80::1"}', "ROUTE_LINK_LOCAL"],
    ["{to: 10.1.0.0/16, interface: eth1}", "INTERFACE_UNKNOWN"],
    ["{to: default, via: 10.0.0.2}, {to: 0.0.0.0/0, via: 10.0.0.3}", "ROUTE_TWICE"],
  ])("%s: %s", (route, code) => {
    expect(
      codesOf(
        `nodes: {h1: {interfaces: {eth0: [10.0.0.1/24, "2001:db8::1/64"]}, routes: [${route}]}, h2: }\nlinks: [[h1, h2]]`,
      ),
    ).toEqual([code]);
  });

  test("two gateways of one family are one too many", () => {
    expect(
      codesOf("nodes: {h1: {interfaces: {eth0: {addresses: 10.0.0.1/24, gateway: [10.0.0.2, 10.0.0.3]}}}}"),
    ).toEqual(["ROUTE_TWICE"]);
  });
});

describe("kernel settings", () => {
  test.each([
    ["net.ipv4.conf.eth0.rp_filter: 0", []],
    ["net.ipv4.conf.all.rp_filter: 0", []],
    ["net.ipv4.conf.lo.rp_filter: 0", []],
    ["net.ipv4.conf.eth9.rp_filter: 0", ["INTERFACE_UNKNOWN"]],
    ["kernel.hostname: x", ["SYSCTL_INVALID"]],
    ["vm.swappiness: 1", ["SYSCTL_INVALID"]],
    ["net/ipv4/ip_forward: 1", ["SYSCTL_INVALID"]],
    ["net.ipv4: 1", ["SYSCTL_INVALID"]],
    ["net.../../x: 1", ["SYSCTL_INVALID"]],
  ])("%s: %j", (setting, codes) => {
    const file = `nodes: {h1: {interfaces: {eth0: }, sysctls: {${setting}}}}`;
    if (codes.length === 0) load(file);
    else expect(codesOf(file)).toEqual(codes);
  });
});
