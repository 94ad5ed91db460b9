/**
 * The whole suite, by whoever starts it.
 *
 * A regular user runs it in the checkout. Root makes an unprivileged user, which runs it in a copy in
 * its home (the checkout may lie where it cannot read), runs a smaller set itself, and removes the
 * user. There is one such user: suites of root take turns. The last test compares the machine with what
 * it was. Arguments go on to vitest.
 *
 * Ends with the line `N passed, N failed[, N skipped]`; exit code 1 when anything failed.
 */
import { randomUUID } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { takeSnapshot, type Watch, watchOf } from "../tests/leaks/snapshot.ts";
import { copyCheckout } from "./suite/copy.ts";
import { unexpectedSkips } from "./suite/expected-skips.ts";
import { openTun } from "./suite/open-tun.ts";
import type { Tally } from "./suite/tally.ts";
import { environmentOf, makeTestUser, removeTestUser, type TestUser } from "./suite/test-user.ts";
import { takeTurn, turnFile } from "./suite/turn.ts";
import { runVitest } from "./suite/vitest.ts";

const checkout = join(import.meta.dirname, "..");
const results = join(checkout, "build/test-results");
const minutes = 60_000;

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => interrupted.abort());

// What this suite starts can be told from what others do on this machine meanwhile.
const mark = `NETWRIGHT_SUITE=${randomUUID()}`;
const temporary = mkdtempSync(join(tmpdir(), "nw-suite-"));
// Root's labs run under other ids.
chmodSync(temporary, 0o755);
/** Whoever starts the suite may be at work with Netwright beside it. */
const own = { mark, temporary: [temporary, "/var/tmp", "/dev/shm"] };

mkdirSync(results, { recursive: true });
try {
  process.exitCode = report(process.getuid?.() === 0 ? await suiteOfRoot() : await suiteOfRegularUser());
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

async function suiteOfRegularUser(): Promise<readonly Tally[]> {
  const watches = { "this user": watchOf(process.getuid?.() ?? -1, own) };
  return withLeakTest(watches, checkout, async () => [
    await vitest("user", ["pure", "house", "lab"], checkout),
    await vitest("guest", ["guest"], checkout),
  ]);
}

async function suiteOfRoot(): Promise<readonly Tally[]> {
  const endTurn = await takeTurn(turnFile, 30 * minutes, () => console.error("Wait for another suite to end"));
  let user: TestUser | undefined;
  try {
    user = makeTestUser();
    console.log(`Copy the checkout for the unprivileged user ${user.name}`);
    await copyCheckout(checkout, user.checkout, user);
    return await suiteWith(user);
  } finally {
    if (user !== undefined) removeTestUser(user);
    await endTurn();
  }
}

async function suiteWith(user: TestUser): Promise<readonly Tally[]> {
  using _tun = openTun();
  // The folder that holds labs stays; what is in it must not.
  const runtime = [`${user.runtime}/netwright`, `/tmp/netwright-${user.uid}`];
  const watches = { [user.name]: watchOf(user.uid, { under: "dedicated", runtime }), root: watchOf(0, own) };
  // Awaited here: what this returns would otherwise outlive the open device.
  return await withLeakTest(watches, user.checkout, async () => [
    await vitest("user", ["pure", "house", "lab"], user.checkout, { user }),
    // By itself: an emulated processor takes a whole one of ours.
    await vitest("guest", ["guest"], user.checkout, { user }),
    await vitest("root", ["root"], user.checkout),
  ]);
}

/** Takes the snapshots, runs the suite, and then the test that compares. */
async function withLeakTest(
  watches: Readonly<Record<string, Watch>>,
  copy: string,
  suite: () => Promise<readonly Tally[]>,
): Promise<readonly Tally[]> {
  const file = join(results, "snapshot.json");
  const snapshots = Object.entries(watches).map(([whose, watch]) => [whose, { watch, before: takeSnapshot(watch) }]);
  writeFileSync(file, JSON.stringify(Object.fromEntries(snapshots)));
  const tallies = await suite();
  return [...tallies, await vitest("leaks", ["leaks"], copy, { environment: { NETWRIGHT_SNAPSHOT: file } })];
}

async function vitest(
  title: string,
  projects: readonly string[],
  copy: string,
  more: { readonly user?: TestUser; readonly environment?: NodeJS.ProcessEnv } = {},
): Promise<Tally> {
  const { user } = more;
  const [name = "", value] = mark.split("=");
  const inherited =
    user === undefined
      ? { ...process.env, ...more.environment, [name]: value, TMPDIR: temporary }
      : { ...environmentOf(user, process.env), [name]: value };
  // Programs of this checkout (Node, vitest) are those of the copy there: this one may be closed to others.
  const moved = (path: string) => (path.startsWith(`${checkout}/`) ? join(copy, relative(checkout, path)) : path);
  const environment = { ...inherited, PATH: (inherited["PATH"] ?? "").split(":").map(moved).join(":") };
  const tally = user === undefined ? join(results, `${title}.json`) : join(user.home, `${title}.json`);
  const node = moved(process.execPath);
  const run = {
    projects,
    checkout: copy,
    node,
    tally,
    environment,
    withinMs: 20 * minutes,
    extra: process.argv.slice(2),
  };
  const outcome = await runVitest(user === undefined ? run : { ...run, user }, interrupted.signal);
  if (user !== undefined) writeFileSync(join(results, `${title}.json`), JSON.stringify(outcome));
  return outcome;
}

/** Prints what went wrong, what was skipped and why, and the sum. Returns the exit code. */
function report(tallies: readonly Tally[]): number {
  const tests = tallies.flatMap((tally) => tally.results);
  const count = (state: string) => tests.filter((test) => test.state === state).length;
  const troubles = [
    ...tallies.flatMap((tally) => tally.troubles),
    ...unexpectedSkips(tests, process.env["CI"] === "true"),
  ];
  console.log("");
  for (const test of tests) {
    // A try that failed is no secret, though another one passed.
    if (test.state === "passed" && test.retries > 0) console.log(`retried  ${test.file} > ${test.name}`);
    if (test.state === "failed") console.log(`failed   ${test.file} > ${test.name}`);
    for (const error of test.errors) console.log(indented(error));
    if (test.state === "skipped")
      console.log(`skipped  ${test.file} > ${test.name}: ${test.note ?? "without a reason"}`);
  }
  for (const trouble of troubles) console.log(`failed   ${trouble}`);
  if (process.getuid?.() !== 0) console.log("The set that root runs was not run: this is not root.");
  const [passed, failed, skipped] = [count("passed"), count("failed") + troubles.length, count("skipped")];
  console.log(`${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

/** The beginning of an error's message, below the test it is of. */
function indented(message: string): string {
  const lines = message.split("\n").slice(0, 12);
  return lines.map((line) => `           ${line}`).join("\n");
}
