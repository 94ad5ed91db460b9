import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { readServerConfig } from "../../src/controller/config.ts";
import { isOpenToNodes } from "../../src/controller/policy/exposed.ts";

const folder = mkdtempSync(join(tmpdir(), "nw-config-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read(more: string, database = "sqlite:data/server.db") {
  const file = join(folder, "server.yaml");
  writeFileSync(file, `listen: 127.0.0.1:8080\ndatabase: ${database}\nplain: true\n${more}\n`);
  return readServerConfig(file);
}

it("says what labs may have of the server", () => {
  writeFileSync(join(folder, "debian.qcow2"), "");
  const { rules } = read(
    "registries: ['registry.example.org:5000']\nports: {address: 192.0.2.1, range: 20000-20999}\nvm-images: {debian-12: debian.qcow2}",
  );
  expect(rules).toEqual({
    registries: ["registry.example.org:5000"],
    ports: { address: "192.0.2.1", from: 20_000, to: 20_999 },
    vmImages: new Map([["debian-12", join(folder, "debian.qcow2")]]),
  });
  expect(read("").rules).toMatchObject({ registries: expect.arrayContaining(["docker.io"]), vmImages: new Map() });
  for (const wrong of [
    "ports: {address: 192.0.2.1, range: 22-80}",
    "ports: {address: all, range: 20000-20999}",
    "vm-images: {debian-12: missing.qcow2}",
    "vm-images: {../x: debian.qcow2}",
  ])
    expect(() => read(wrong), wrong).toThrow(expect.objectContaining({ code: "SERVER_CONFIG_INVALID" }));
  expect(() => read("frob: 1\nmetrics: {otlp: {}}")).toThrow(
    /server\.yaml: metrics\.otlp\.url: it is missing\.\nfrob: there is no such key\.$/,
  );
});

it("sends passwords of Keystone's over HTTPS, or nowhere but here", () => {
  const at = (url: string) =>
    read(`keystone: {url: '${url}', roles: [{keystone-project: p, project: demo, role: viewer}]}`).keystone;
  expect(at("https://keystone.example.org:5000/v3/")).toEqual({
    url: "https://keystone.example.org:5000/v3",
    domain: "Default",
    admins: [],
    roles: [{ of: { project: "p", domain: "Default" }, project: "demo", role: "viewer" }],
  });
  expect(at("http://127.0.0.1:5000/identity")?.url).toBe("http://127.0.0.1:5000/identity/v3");
  for (const wrong of [
    ...[
      "http://keystone.example.org:5000",
      "http://127.0.0.1.example.org/v3",
      "ftp://127.0.0.1/v3",
      "file:///etc/passwd",
    ],
    ...["https://user:secret@keystone.example.org/v3", "https://keystone.example.org/v3?x=1"],
  ])
    expect(() => at(wrong), wrong).toThrow(expect.objectContaining({ code: "SERVER_CONFIG_INVALID" }));
});

it("sends a token of metrics over HTTPS, or nowhere but here", () => {
  writeFileSync(join(folder, "token"), "secret\n");
  const to = (url: string) => read(`metrics: {otlp: {url: '${url}', token-file: token}}`).metrics?.otlp;
  expect(to("https://collector.example.org/v1/metrics")).toMatchObject({ token: "secret", everyMs: 60_000 });
  expect(to("http://127.0.0.1:4318/v1/metrics")?.token).toBe("secret");
  expect(() => to("http://collector.example.org/v1/metrics")).toThrow(/https/);
  expect(() => read("metrics: {}")).toThrow(/say where measures go/);
});

it("keeps what is secret out of the folders that nodes of labs see", () => {
  symlinkSync("/opt", join(folder, "elsewhere"));
  for (const path of ["/opt/netwright/server.db", "/usr/local/x.db", "/etc/x.db", "elsewhere/new/server.db"])
    expect(() => read("", `sqlite:${path}`), path).toThrow(/nodes of labs see/);
  for (const path of ["/var/lib/netwright/server.db", "/etc/netwright/server.db", "data/server.db"])
    expect(read("", `sqlite:${path}`).database).toMatch(/^sqlite:\//);
  // What nodes see and could change would be the server's programs.
  expect([isOpenToNodes(folder), isOpenToNodes("/usr/bin")]).toEqual([false, false]);
});

it("takes no half of a password for a host", () => {
  for (const database of [
    "postgres://netwright@db.example.org/netwright",
    "postgresql://netwright:p%40ss%2Fw%3Ard@127.0.0.1:5432/netwright?sslmode=require",
    "postgres://netwright@localhost/netwright?host=/run/postgresql",
  ])
    expect(read("", database).database).toBe(database);
  for (const database of [
    "postgres://netwright:p@ss@db.example.org/netwright",
    "postgres://netwright:p/ss@db.example.org/netwright",
    "postgres://netwright:p?ss@db.example.org/netwright",
    "'postgres://netwright:p#ss@db.example.org/netwright'",
  ])
    expect(() => read("", database), database).toThrow(expect.objectContaining({ code: "SERVER_CONFIG_INVALID" }));
});
