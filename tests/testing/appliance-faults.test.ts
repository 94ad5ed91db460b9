import { existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { defineLab, type LabDefinition, type TestLab, withLab } from "../../src/testing/index.ts";
import { qemuOf } from "../lab/appliances.ts";
import { testGuest } from "../vm/guest-image.ts";
import { missingForVm } from "../vm/sandbox.ts";

/** What becomes of a test whose appliance misbehaves: an error that says so in time, a folder, and nothing else. */
const missing = missingForVm();
const folder = mkdtempSync(join(tmpdir(), "netwright-testing-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Appliance = Extract<NonNullable<NonNullable<LabDefinition["nodes"]>[string]>, { kind: "appliance" }>;

function labWith(more: Partial<Appliance>, append = "panic=0") {
  const { kernel, initrd } = testGuest();
  return defineLab({
    name: "misbehaves",
    nodes: {
      dut: {
        kind: "appliance",
        memory: "192MiB",
        acceleration: "tcg",
        kernel: { image: kernel, initrd, append: `console=ttyS0 quiet rdinit=/init net.ifnames=0 ${append}` },
        ...more,
      },
      h1: {},
    },
    links: [["dut", "h1"]],
  });
}

/** Runs a test that must fail, and returns its error and what it left, after a look at whether anything else is left. */
async function failed(title: string, lab: LabDefinition, body: (lab: TestLab) => Promise<unknown>) {
  const failures = mkdtempSync(join(folder, "failures-"));
  let qemu: number | undefined;
  let files: string | undefined;
  const error = await withLab(
    title,
    lab,
    async (running) => {
      files = running.folder;
      qemu = await qemuOf(running, "dut");
      await body(running);
    },
    { failures },
  ).then(
    () => undefined,
    (reason: unknown) => reason as Error & { readonly code?: string },
  );
  const [name = ""] = readdirSync(failures);
  const left = join(failures, name);
  expect(error?.message, "no failure").toContain(`Logs, captures and state of the lab: ${left}`);
  expect(files === undefined || !existsSync(files), "files of the lab").toBe(true);
  expect(qemu === undefined || !existsSync(`/proc/${qemu}`), "QEMU").toBe(true);
  const read = (pattern: string) => readFileSync(globSync(join(left, pattern))[0] ?? pattern, "utf8");
  expect(read("error.txt")).toContain(error?.message.split("\n")[0]);
  expect(read("*/logs/debug.log")).toContain("node.start dut");
  return { error, read };
}

const login = async (lab: TestLab, timeout = 90_000) => {
  const console = await lab.node("dut").console();
  await console.login({ user: "root", password: "secret", timeout });
  return console;
};
const until = (lab: TestLab, state: string) =>
  expect.poll(async () => (await lab.client.detail()).nodeStatus.find(({ name }) => name === "dut")?.state).toBe(state);

describe("a test of an appliance", () => {
  it("whose image is not there is told so before there is anything to leave", async () => {
    const failures = mkdtempSync(join(folder, "failures-"));
    const never = withLab("missing", labWith({ image: "/no/such/image.qcow2" }), () => undefined, { failures });
    await expect(never).rejects.toMatchObject({ errors: [{ code: "FILE_MISSING" }] });
    expect(readdirSync(failures)).toEqual([]);
  });

  it.for([
    ["whose image is damaged", "DAMAGED", /image/],
    ["that wants more memory than there is", "64TiB", /memory/i],
  ] as const)("%s says so, and leaves what there is", async ([title, what, message], { skip }) => {
    skip(missing !== undefined, missing);
    const damaged = join(folder, "damaged.qcow2");
    writeFileSync(damaged, Buffer.from("514649fb00000003", "hex"));
    const settings = what === "DAMAGED" ? { image: damaged } : { memory: what };
    const { error } = await failed(title, labWith(settings), async () => undefined);
    expect(error?.message).toMatch(message);
  });

  it("that hangs at boot fails at its deadline, with its last screen", async ({ skip }) => {
    skip(missing !== undefined, missing);
    const { error, read } = await failed("hangs", labWith({}, "rdinit=/bin/busybox init=none"), (lab) =>
      login(lab, 15_000),
    );
    expect(error).toMatchObject({ code: "CONSOLE_TIMED_OUT" });
    expect(read("*/logs/dut.console.txt")).toMatch(/BusyBox/);
  });

  it("that panics, switches itself off or is killed tells so in its folder", async ({ skip }) => {
    skip(missing !== undefined, missing);
    const panic = await failed("panics", labWith({}), async (lab) => {
      const console = await login(lab);
      await console.sendLine("echo c >/proc/sysrq-trigger");
      await until(lab, "failed");
      await console.check("true", { timeout: 2_000 });
    });
    expect(panic.error).toMatchObject({ code: "CONSOLE_TIMED_OUT" });
    expect(panic.error?.message).toContain("within 2000 ms: dut has no power.");
    expect(panic.read("steps.log")).toMatch(
      /dut, console: log in as root\.\.\. done[\s\S]*dut, console: check true\.\.\. failed/,
    );
    expect(panic.read("*/logs/dut.console.txt")).toContain("sysrq triggered crash");
    expect(panic.read("nodes/dut.json")).toMatch(/panicked/i);
    expect(panic.read("events.jsonl")).toContain('"node.failed"');

    const killed = await failed("is killed", labWith({}), async (lab) => {
      const console = await login(lab);
      await console.sendLine("poweroff -f");
      await until(lab, "off");
      await lab.node("dut").power("start");
      process.kill(await qemuOf(lab, "dut"), "SIGKILL");
      await until(lab, "failed");
      await lab.client.snapshotNode("dut", "save", "one");
    });
    expect(killed.error).toMatchObject({ code: "VM_OFF" });
    expect(killed.read("nodes/dut.json")).toContain("SIGKILL");
    expect(killed.read("events.jsonl")).toContain("dut switched itself off (guest-shutdown)");
  });
});
