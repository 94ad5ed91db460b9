import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { complete, type Names } from "../../src/cli/completion/candidates.ts";
import { completionScripts, type Shell } from "../../src/cli/completion/scripts.ts";
import { buildProgram } from "../../src/cli/program.ts";
import { openFolder } from "../lab/running-lab.ts";
import { Netwright, twoHosts } from "./netwright.ts";

const names: Names = {
  labs: async () => [{ word: "office", about: "/x/lab.yaml" }, { word: "other" }],
  nodes: async ({ name, file }) => [
    { word: `${name ?? file ?? "here"}-h1`, about: "host" },
    { word: "r1", about: "router" },
  ],
  processes: async () => [{ word: "server", about: "process on h1" }],
  endpoints: async () => [{ word: "h1:eth0" }, { word: "r1:eth0" }],
  tags: async () => [{ word: "slow", about: "tag" }],
  images: async () => [{ word: "debian:12" }],
};

async function words(...typed: readonly string[]): Promise<readonly string[] | "files"> {
  const { candidates, files } = await complete(buildProgram(), typed, names);
  return files ? "files" : candidates.map(({ word }) => word);
}

describe("completion", () => {
  it("knows commands, and not those for scripts", async () => {
    expect(await words("e")).toEqual(["exec", "events"]);
    expect(await words("")).not.toContain("__complete");
    expect(await words("__")).toEqual([]);
    expect(await words("help", "d")).toEqual(["down", "doctor"]);
    expect(await words("nonsense", "")).toEqual([]);
    expect(await words("link", "l")).toEqual(["ls"]);
    expect(await words("link", "nonsense", "")).toEqual([]);
    expect(await words("node", "--")).toEqual(["--help"]);
  });

  it("knows the options of each command", async () => {
    expect(await words("up", "--d")).toEqual(["--dry-run"]);
    expect(await words("down", "--d")).toEqual([]);
    expect(await words("--v")).toEqual(["--version"]);
  });

  it("knows values of options", async () => {
    expect(await words("down", "-n", "")).toEqual(["office", "other"]);
    expect(await words("down", "--name", "ot")).toEqual(["other"]);
    expect(await words("down", "--name=o")).toEqual(["--name=office", "--name=other"]);
    expect(await words("graph", "--format", "m")).toEqual(["mermaid"]);
    expect(await words("up", "-f", "")).toBe("files");
    expect(await words("up", "--only", "s")).toEqual(["server", "slow"]);
    expect(await words("up", "--only", "server,sl")).toEqual(["server,slow"]);
    expect(await words("up", "--set", "")).toEqual([]);
  });

  it("knows nodes, of the lab that the line means", async () => {
    expect(await words("exec", "")).toEqual(["here-h1", "r1"]);
    expect(await words("exec", "-n", "office", "o")).toEqual(["office-h1"]);
    expect(await words("exec", "--name=office", "o")).toEqual(["office-h1"]);
    expect(await words("exec", "-f", "x.yaml", "x")).toEqual(["x.yaml-h1"]);
    expect(await words("exec", "-t", "r")).toEqual(["r1"]);
    expect(await words("run", "x.yaml", "--node", "r")).toEqual(["r1"]);
    expect(await words("shell", "r1", "")).toEqual([]);
    expect(await words("node", "stop", "r1", "")).toEqual(["here-h1"]);
    expect(await words("link", "down", "r")).toEqual(["r1:eth0"]);
  });

  it("knows what has logs, and does not offer it twice", async () => {
    expect(await words("logs", "s")).toEqual(["server", "supervisor"]);
    expect(await words("logs", "server", "s")).toEqual(["supervisor"]);
  });

  it("leaves commands behind -- to the shell", async () => {
    expect(await words("exec", "r1", "--", "p")).toBe("files");
  });
});

const has = (shell: string) => spawnSync(shell, ["--version"]).status === 0;

describe("completion scripts", () => {
  it.for(["bash", "zsh", "fish"] as const)("are %s", async (shell: Shell, { skip }) => {
    if (!has(shell)) skip(`${shell} is not installed here`);
    const folder = await openFolder("completion");
    try {
      writeFileSync(join(folder, "script"), completionScripts[shell]);
      const { status, stderr } = spawnSync(shell, ["-n", join(folder, "script")], { encoding: "utf8" });
      expect(stderr).toBe("");
      expect(status).toBe(0);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("complete in bash what is typed", async () => {
    await using netwright = await Netwright.open({ "lab.yaml": twoHosts });
    const [program, ...first] = netwright.program;
    const shim = join(netwright.folder, "netwright");
    writeFileSync(shim, `#!/bin/sh\nexec '${program}' ${first.map((word) => `'${word}'`).join(" ")} "$@"\n`);
    chmodSync(shim, 0o755);
    const type = (...typed: readonly string[]) =>
      execFileSync(
        "bash",
        [
          "-c",
          `source <(netwright completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); $(complete -p netwright | sed 's/.*-F \\([^ ]*\\).*/\\1/'); printf '%s\\n' "\${COMPREPLY[@]}"`,
          "bash",
          "netwright",
          ...typed,
        ],
        {
          cwd: netwright.folder,
          env: { ...netwright.environment, PATH: `${netwright.folder}:${process.env["PATH"]}` },
          encoding: "utf8",
        },
      )
        .split("\n")
        .filter((line) => line !== "");
    expect(type("exe")).toEqual(["exec"]);
    // The lab does not run: its file knows its nodes.
    expect(type("exec", "h")).toEqual(["h1", "h2"]);
    expect(type("up", "--dry")).toEqual(["--dry-run"]);
    expect(type("up", "-f", "")).toEqual([]);
    // bash gives these words in pieces, and puts the first of them in front of the answer itself.
    expect(type("link", "down", "h1", ":", "")).toEqual(["eth0"]);
    expect(type("graph", "--format", "=", "me")).toEqual(["mermaid"]);
  });
});
