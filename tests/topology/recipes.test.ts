import { describe, expect, test } from "vitest";
import { LabFileError } from "../../src/topology/errors/error.ts";
import { loadRecipe } from "../../src/topology/recipe/recipe.ts";

const files: Readonly<Record<string, string>> = { "/recipes/motd": "hello\n" };
const reader = {
  readText: (path: string) => files[path] ?? "",
  readBytes: (path: string) => Buffer.from(files[path] ?? ""),
  stat: (path: string) => (path in files ? ("file" as const) : undefined),
};
const read = (text: string) => loadRecipe(text, { file: "/recipes/web.yaml", shownAs: "web.yaml", reader });

describe("a recipe", () => {
  test("of Debian packages needs nothing else", () => {
    expect(read("packages: [nginx-light, 'curl=7.88.1-10+deb12u12']")).toEqual({
      base: { from: "debian" },
      packages: ["nginx-light", "curl=7.88.1-10+deb12u12"],
      files: [],
      run: [],
      settings: { environment: {}, labels: {} },
    });
  });

  test("says all of an image, with paths from its own folder", () => {
    const recipe = read(`
name: team/web:v1
from: oci:base:v2
files: {/etc/motd: {from: motd, mode: "0600"}, /srv/x: text}
run: [[ln, -s, x, /srv/y], {shell: "echo $HOME"}]
entrypoint: [serve, 8080]
command: {shell: "exec serve"}
environment: {PORT: 8080, QUIET: true}
user: 33
working-directory: /srv
stop-signal: SIGQUIT
labels: {team: net}
`);
    expect(recipe).toEqual({
      name: "team/web:v1",
      base: { from: "image", reference: "oci:/recipes/base:v2" },
      packages: [],
      files: [
        { path: "/etc/motd", contentBase64: Buffer.from("hello\n").toString("base64"), mode: 0o600 },
        { path: "/srv/x", contentBase64: Buffer.from("text").toString("base64"), mode: 0o644 },
      ],
      run: [{ argv: ["ln", "-s", "x", "/srv/y"] }, { shell: "echo $HOME" }],
      settings: {
        entrypoint: ["serve", "8080"],
        command: { shell: "exec serve" },
        environment: { PORT: "8080", QUIET: "true" },
        user: "33",
        workingDirectory: "/srv",
        stopSignal: "SIGQUIT",
        labels: { team: "net" },
      },
    });
  });

  test("with mistakes is told all of them, each with its place and what to write instead", () => {
    const text = `name: Web
from: debian:12
suite: bookworm
packages: [Nginx, "a b", --help, "x,y"]
files:
  etc/motd: x
  /etc/other: {from: nowhere}
  /etc/two: {content: x, base64: eA==}
`;
    const told = (() => {
      try {
        read(text);
      } catch (error) {
        if (error instanceof LabFileError) return error.errors;
        throw error;
      }
      return [];
    })();
    expect(told.map(({ code, at, message }) => `${at?.line}:${at?.column} ${code} ${message}`)).toEqual([
      '1:7 RECIPE_INVALID This recipe cannot be followed: "Web" cannot be the name of an image: the name of an image has no capital letters.',
      "3:8 RECIPE_INVALID This recipe cannot be followed: the packages are those of the image below it.",
      '4:12 RECIPE_INVALID This recipe cannot be followed: "Nginx" is no name of a Debian package.',
      '4:19 RECIPE_INVALID This recipe cannot be followed: "a b" is no name of a Debian package.',
      '4:26 RECIPE_INVALID This recipe cannot be followed: "--help" is no name of a Debian package.',
      '4:34 RECIPE_INVALID This recipe cannot be followed: "x,y" is no name of a Debian package.',
      '6:3 PATH_INVALID The path of a file cannot be "etc/motd": it does not begin with /.',
      "7:22 FILE_MISSING The file nowhere is not there.",
      "8:3 FILE_FORM /etc/two takes its text from exactly one of content, base64 and from.",
    ]);
    expect(told.every(({ remedy, exitCode }) => remedy !== undefined && exitCode === 2)).toBe(true);
  });

  test.each([
    ["package: [x]", 'A recipe has no "package"', 'Did you mean "packages"?'],
    ["packages: nginx", "packages is not what it should be", "It takes a list of Debian packages."],
    ["stop-signal: TERM", "stop-signal is not what it should be", "It takes a signal such as SIGTERM."],
    ["working-directory: srv", "working-directory is not what it should be", "It takes a full path such as /srv."],
    ["from: rootfs:tree", "a folder is no image that another can be made of", "Name an image."],
    [
      "name: oci:x",
      '"oci:x" cannot be the name of an image: it is no plain name with a tag',
      "Write one such as team/web:v1.",
    ],
    ["- a", "A recipe is not what it should be", /^It takes a map with name, from, /],
  ])("%s: is refused", (text, problem, remedy) => {
    try {
      read(text);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(LabFileError);
      const [first] = (error as LabFileError).errors;
      expect(first?.message).toBe(`This recipe cannot be followed: ${problem}.`);
      expect(first?.remedy).toMatch(remedy);
    }
  });
});
