import { describe, expect, test } from "vitest";
import { graphReport } from "../../src/topology/graph/json.ts";
import {
  familiarName,
  type ImageConfig,
  imageReferenceText,
  parseImageReference,
  programOf,
  withImages,
} from "../../src/topology/image/index.ts";
import { plan } from "../../src/topology/plan/plan.ts";
import { labDefinition } from "../../src/topology/print.ts";
import { codesOf, load, machine } from "./lab-text.ts";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

describe("a reference", () => {
  test.each([
    ["debian:12", "docker.io/library/debian:12", "debian:12"],
    ["debian", "docker.io/library/debian:latest", "debian:latest"],
    ["docker://debian:12", "docker.io/library/debian:12", "debian:12"],
    ["team/web", "docker.io/team/web:latest", "team/web:latest"],
    ["index.docker.io/team/web:1", "docker.io/team/web:1", "team/web:1"],
    ["localhost:5000/web:1.4", "localhost:5000/web:1.4", "localhost:5000/web:1.4"],
    ["localhost/web", "localhost/web:latest", "localhost/web:latest"],
    ["docker://registry.example.org/a/b/c:x", "registry.example.org/a/b/c:x", "registry.example.org/a/b/c:x"],
    ["[::1]:5000/web", "[::1]:5000/web:latest", "[::1]:5000/web:latest"],
    [`debian@${digest}`, `docker.io/library/debian@${digest}`, `debian@${digest}`],
    [`debian:12@${digest}`, `docker.io/library/debian:12@${digest}`, `debian:12@${digest}`],
    ["docker:cli", "docker.io/library/docker:cli", "docker:cli"],
    ["oci:web", "oci:/labs/web", "oci:/labs/web"],
    ["oci:../out/web:v1", "oci:/labs/../out/web:v1", "oci:/labs/../out/web:v1"],
    ["docker-archive:web.tar", "docker-archive:/labs/web.tar", "docker-archive:/labs/web.tar"],
    ["docker-archive:web.tar:web:1", "docker-archive:/labs/web.tar:web:1", "docker-archive:/labs/web.tar:web:1"],
    ["docker-daemon:web:1", "docker-daemon:web:1", "docker-daemon:web:1"],
    ["containers-storage:localhost/web:1", "containers-storage:localhost/web:1", "containers-storage:localhost/web:1"],
    ["rootfs:tree", "rootfs:/labs/tree", "rootfs:/labs/tree"],
  ])("%s is %s", (text, canonical, familiar) => {
    const parsed = parseImageReference(text, (path) => `/labs/${path}`);
    if ("problem" in parsed) throw new Error(parsed.problem);
    expect(imageReferenceText(parsed)).toBe(canonical);
    expect(familiarName(canonical)).toBe(familiar);
    const again = parseImageReference(canonical);
    expect(again).toEqual(parsed);
  });

  test.each([
    "", ":12", "Debian:12", "debian:", "debian:a b", "debian:-x", "debian@sha256:12", "a//b", "a/../b", "-a", "oci:", "rootfs:",
    "./tree", "/tree", "../tree", "host:99999999/web", "a_-b", "docker://", "x\0y", "--help", `debian:${"x".repeat(129)}`,
  ])("%j is none", (text) => {
    expect(parseImageReference(text)).toHaveProperty("problem");
  }); // biome-ignore format: a table
});

describe("in a lab file", () => {
  test("an image with all its settings", () => {
    const lab = load(
      "nodes: {web: {image: nginx, pull: never, command: [a, 1], entrypoint: [e], user: 101, working-directory: /srv}}",
    );
    expect(machine(lab, "web").image).toEqual({
      reference: "docker.io/library/nginx:latest",
      pull: "never",
      command: { argv: ["a", "1"] },
      entrypoint: ["e"],
      user: "101",
      workingDirectory: "/srv",
    });
    expect(graphReport(lab).nodes[0]?.image).toBe("nginx:latest");
  });

  test("paths start at the lab file", () => {
    const files = { "/labs/demo/tree/": "", "/labs/up.tar": "" };
    const lab = load("nodes: {a: {image: 'rootfs:tree'}, b: {image: 'docker-archive:../up.tar:x:1'}}", { files });
    expect(machine(lab, "a").image?.reference).toBe("rootfs:/labs/demo/tree");
    expect(machine(lab, "b").image?.reference).toBe("docker-archive:/labs/up.tar:x:1");
  });

  test("defaults are taken, and host takes them back", () => {
    const lab = load("defaults: {host: {image: debian, user: nobody}}\nnodes: {a: , b: {image: host}}");
    expect(machine(lab, "a").image).toMatchObject({ reference: "docker.io/library/debian:latest", user: "nobody" });
    expect(machine(lab, "b").image).toBeUndefined();
  });

  test.each([
    ["nodes: {a: {image: 'Not An Image'}}", "IMAGE_REFERENCE_INVALID"],
    ["nodes: {a: {image: 'oci:nowhere'}}", "FILE_MISSING"],
    ["nodes: {a: {image: debian, root: host}}", "IMAGE_WITH_HOST_ROOT"],
    ["nodes: {a: {command: [x]}}", "IMAGE_SETTING_UNUSED"],
    ["nodes: {a: {image: host, pull: always}}", "IMAGE_SETTING_UNUSED"],
    ["defaults: {node: {user: x}}\nnodes: {a: }", "IMAGE_SETTING_UNUSED"],
    ["nodes: {a: {image: debian, working-directory: srv}}", "PATH_INVALID"],
    ["nodes: {a: {engine: container}}", "CONTAINER_NEEDS_IMAGE"],
    ["nodes: {a: {image: debian}, b: }\nprocesses: {a: {node: b, command: [x]}}", "NAME_TAKEN"],
  ])("%s is %s", (text, code) => {
    expect(codesOf(text)).toEqual([code]);
  });
});

const config: ImageConfig = {
  entrypoint: ["/entry"],
  command: ["serve", "-v"],
  environment: { A: "1" },
  user: "www",
  workingDirectory: "/srv",
  stopSignal: "SIGQUIT",
};
const contentOf = (more: Partial<ImageConfig> = {}, id = digest) => ({
  id,
  layers: ["/store/layer"],
  config: { ...config, ...more },
});

describe("the program of an image", () => {
  const programIn = (settings: string, more: Partial<ImageConfig> = {}) => {
    const lab = load(`nodes: {web: {image: nginx${settings}}}`);
    return programOf(machine(withImages(lab, new Map([["web", contentOf(more)]])), "web"));
  };

  test.each<[string, string, Partial<ImageConfig>, readonly string[] | undefined]>([
    ["the image's", "", {}, ["/entry", "serve", "-v"]],
    ["another command", ", command: [other]", {}, ["/entry", "other"]],
    ["a line", ", command: {shell: 'a | b'}, entrypoint: []", {}, ["sh", "-c", "a | b"]],
    ["another entry point, without the image's command", ", entrypoint: [mine]", {}, ["mine"]],
    ["both", ", entrypoint: [mine], command: [x]", {}, ["mine", "x"]],
    ["none", ", command: none", {}, undefined],
    ["none in the image", "", { entrypoint: [], command: [] }, undefined],
    ["a shell for people", "", { entrypoint: [], command: ["/bin/bash", "-l"] }, undefined],
    ["a shell with a script", "", { entrypoint: ["sh"], command: ["run.sh"] }, ["sh", "run.sh"]],
    ["a shell that was asked for", ", command: [sh]", { entrypoint: [] }, ["sh"]],
  ])("%s", (_what, settings, more, argv) => {
    expect(programIn(settings, more)?.command).toEqual(argv === undefined ? undefined : { argv });
  });

  test("user, folder and stop signal are the image's or the node's", () => {
    expect(programIn("")).toMatchObject({ name: "web", user: "www", directory: "/srv", stopSignal: "SIGQUIT" });
    expect(programIn(", user: 5, working-directory: /")).toMatchObject({ user: "5", directory: "/" });
    expect(programIn("", { user: "" })).not.toHaveProperty("user");
  });

  test("a process of the same name on the node stands in for it, and print leaves it out", () => {
    const contents = new Map([["web", contentOf()]]);
    const own = load("nodes: {web: {image: nginx}}\nprocesses: {web: {node: web, command: [x]}}");
    expect(withImages(own, contents).processes).toEqual(own.processes);
    const lab = load("nodes: {web: {image: nginx}}");
    const whole = withImages(lab, contents);
    expect(whole.processes.map(({ name }) => name)).toEqual(["web"]);
    expect(withImages(whole, contents)).toEqual(whole);
    expect(labDefinition(whole)).toEqual(labDefinition(lab));
  });

  test("another image under the same name starts the program anew; the same changes nothing", () => {
    const lab = load("nodes: {web: {image: nginx, files: {/a: b}}, other: {image: nginx}}");
    const first = withImages(
      lab,
      new Map([
        ["web", contentOf()],
        ["other", contentOf()],
      ]),
    );
    const moved = withImages(
      lab,
      new Map([
        ["web", contentOf({}, `sha256:${"f".repeat(64)}`)],
        ["other", contentOf()],
      ]),
    );
    expect(plan(first, first)).toEqual([]);
    expect(plan(moved, first).map((step) => step.do)).toEqual([
      "process.stop",
      "node.stop",
      "node.configure",
      "node.start",
      "process.start",
    ]);
  });

  test("another engine makes the node anew", () => {
    const steps = plan(load("nodes: {web: {image: nginx, engine: container}}"), load("nodes: {web: {image: nginx}}"));
    expect(steps.map((step) => step.do)).toEqual(["node.remove", "node.create", "node.start"]);
  });
});
