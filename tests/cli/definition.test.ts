import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { commandExamples } from "../../src/cli/examples.ts";
import { calledCommands } from "./called-commands.ts";

const longOptions = (command: Command) => command.options.map(({ long }) => long);

/** Commands about this machine and not about a lab. */
const aboutMachine = ["ui", "serve", "doctor", "gc", "completion", "version"];
const isAboutMachine = (path: string) => aboutMachine.includes(path) || /^(image|context|serve) /.test(path);

describe("the definition of the command line", () => {
  it("has the habits of docker compose", () => {
    const paths = calledCommands().map(({ path }) => path);
    const expected = [
      "up",
      "down",
      "ps",
      "run",
      "exec",
      "shell",
      "logs",
      "inspect",
      "events",
      "validate",
      "config",
      "graph",
    ];
    expect(paths).toEqual(expect.arrayContaining([...expected, ...aboutMachine]));
  });

  it("says of every command what it does, in short and in full, and gives an example that begins with it", () => {
    for (const { path, command } of calledCommands()) {
      expect(command.summary(), path).toMatch(/^[A-Z].+[^.]$/);
      expect(command.description().length, path).toBeGreaterThan(command.summary().length / 2);
      const owners = [command, command.parent].filter((one): one is Command => one !== null);
      const examples = owners.flatMap((one) => Object.values(commandExamples(one)).flat());
      expect(
        examples.some((example) => example.includes(`netwright ${path}`)),
        path,
      ).toBe(true);
    }
  });

  it("says of every option and operand what it means", () => {
    for (const { path, command } of calledCommands()) {
      for (const { flags, description } of command.options) expect(description, `${path} ${flags}`).not.toBe("");
      for (const argument of command.registeredArguments) {
        if (path !== "completion") expect(argument.description, path).not.toBe("");
      }
    }
  });

  it("means the same by an option everywhere", () => {
    const known = new Map<string, string>();
    const different = [];
    for (const { command } of calledCommands()) {
      for (const { short, long } of command.options) {
        if (short === undefined || long === undefined) continue;
        const before = known.get(short) ?? long;
        known.set(short, before);
        if (before !== long) different.push(`${short}: ${before}, ${long}`);
      }
    }
    // As docker compose has them, which fingers know: cp -a, logs -f and -t, exec -t.
    expect([...new Set(different)].sort()).toEqual([
      "-a: --all, --archive",
      "-f: --file, --follow",
      "-t: --tty, --timestamps",
    ]);
  });

  it("gives JSON wherever something is printed", () => {
    const without = calledCommands().filter(({ command }) => !longOptions(command).includes("--json"));
    expect(without.map(({ path }) => path)).toEqual(["exec", "shell", "console", "completion"]);
  });

  it("takes a lab file and a name wherever they mean something", () => {
    for (const { path, command } of calledCommands()) {
      const takes = !isAboutMachine(path);
      expect(longOptions(command).includes("--file"), path).toBe(takes);
      expect(longOptions(command).includes("--name"), path).toBe(takes);
    }
  });
});
