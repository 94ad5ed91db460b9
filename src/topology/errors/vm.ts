import { entry } from "./entry.ts";

/** Indents what a program said last, to be read below the message. */
const lastWords = (lines: readonly string[]): string =>
  lines.length === 0 ? "" : ` It said:\n${lines.map((line) => `  ${line}`).join("\n")}`;

/** Errors of virtual machines and consoles. */
export const vmErrors = {
  /** `what`: "The image", "The kernel", … */
  VM_FILE_UNREADABLE: entry<{ node: string; what: string; path: string; reason: string }>({
    exitCode: 2,
    message: ({ node, what, path, reason }) => `${node}: ${what} ${path} cannot be read (${reason}).`,
    remedy: ({ reason }) =>
      reason === "ENOENT"
        ? "Check the path; it is relative to the lab file."
        : "Let the user that runs the lab read it, and the folders above it.",
  }),
  VM_IMAGE_INVALID: entry<{ node: string; path: string; problem: string }>({
    exitCode: 2,
    message: ({ node, path, problem }) => `${node}: the image ${path} is none: ${problem}.`,
    remedy: ({ path }) => `Look at it with: qemu-img check ${path}`,
  }),
  VM_FIRMWARE_MISSING: entry<{ node: string; tried: readonly string[] }>({
    exitCode: 3,
    message: ({ node }) => `${node} starts by UEFI, and its firmware (OVMF) is not on this machine.`,
    remedy: ({ tried }) => `Install it (Debian: sudo apt-get install ovmf). It was looked for as ${tried.join(", ")}.`,
  }),
  VM_TAP_REFUSED: entry<{ endpoint: string; reason: string }>({
    exitCode: 3,
    message: ({ endpoint, reason }) => `${endpoint}: no tap can be made for the virtual machine (${reason}).`,
    remedy: ({ reason }) =>
      reason.includes("EACCES") || reason.includes("EPERM")
        ? "/dev/net/tun is closed to you: sudo chmod 666 /dev/net/tun (see netwright doctor for a rule that lasts)."
        : "See what this machine can do with: netwright doctor",
  }),
  VM_NOT_STARTED: entry<{ node: string; how: string; lastLines: readonly string[] }>({
    exitCode: 1,
    message: ({ node, how, lastLines }) =>
      `The virtual machine ${node} did not start: QEMU ${how}.${lastWords(lastLines)}`,
    remedy: ({ lastLines }) => startRemedy(lastLines.join("\n")),
  }),
  VM_ENDED: entry<{ node: string; how: string; lastLines: readonly string[] }>({
    exitCode: 1,
    message: ({ node, how, lastLines }) => `The virtual machine ${node} ended: QEMU ${how}.${lastWords(lastLines)}`,
    remedy: ({ node, how }) =>
      how.includes("SIGKILL")
        ? `If nobody killed it, the machine may have run out of memory (see dmesg). Start it again with: netwright node start ${node}`
        : `Its console tells more: netwright logs ${node}. Start it again with: netwright node start ${node}`,
  }),
  VM_PANICKED: entry<{ node: string; lastLines: readonly string[] }>({
    exitCode: 1,
    message: ({ node, lastLines }) => `The kernel in the virtual machine ${node} panicked.${lastWords(lastLines)}`,
    remedy: ({ node }) => `Its console tells more: netwright logs ${node}`,
  }),
  VM_OFF: entry<{ node: string }>({
    exitCode: 1,
    message: ({ node }) => `The virtual machine ${node} is off.`,
    remedy: ({ node }) => `Start it with: netwright node start ${node}`,
  }),
  VM_PAUSED: entry<{ node: string }>({
    exitCode: 1,
    message: ({ node }) => `The virtual machine ${node} is paused: nothing in it answers.`,
    remedy: ({ node }) => `Let it go on with: netwright node resume ${node}`,
  }),
  VM_AGENT_SILENT: entry<{ node: string; afterMs: number }>({
    exitCode: 1,
    message: ({ node, afterMs }) => `The guest agent of ${node} did not answer within ${afterMs / 1000} s.`,
    remedy: () =>
      "Wait until the guest has booted; it needs the package qemu-guest-agent, and that service to run (systemctl status qemu-guest-agent).",
  }),
  VM_AGENT_REFUSED: entry<{ node: string; command: string; reason: string }>({
    exitCode: 1,
    message: ({ node, command, reason }) => `The guest agent of ${node} refused ${command}: ${reason}`,
    remedy: () =>
      "The agent must run as root, with no command forbidden that begins with guest-file- or guest-exec (block-rpcs in /etc/qemu/qemu-ga.conf, BLACKLIST_RPC in /etc/sysconfig/qemu-ga).",
  }),
  VM_AGENT_LOST: entry<{ node: string; reason: string }>({
    exitCode: 1,
    message: ({ node, reason }) => `The connection to the guest agent of ${node} was lost: ${reason}.`,
  }),
  NODE_NOT_VM: entry<{ node: string; kind: string }>({
    exitCode: 2,
    message: ({ node, kind }) => `${node} is a ${kind}, and no virtual machine.`,
    remedy: () => "Appliances are virtual machines.",
  }),
  QMP_LOST: entry<{ node: string; reason: string }>({
    exitCode: 1,
    message: ({ node, reason }) => `The connection to the QEMU of ${node} was lost: ${reason}.`,
  }),
  QMP_REFUSED: entry<{ node: string; command: string; reason: string }>({
    exitCode: 1,
    message: ({ node, command, reason }) => `The QEMU of ${node} refused ${command}: ${reason}`,
  }),
  CONSOLE_MISSING: entry<{ node: string; kind: string }>({
    exitCode: 2,
    message: ({ node, kind }) => `${node} is a ${kind} and has no console.`,
    remedy: () => "Hosts, routers and appliances have consoles.",
  }),
  TERMINAL_GONE: entry<{ node: string }>({
    exitCode: 1,
    message: ({ node }) => `This terminal of ${node} is not there any more.`,
    remedy: () => "Open another. One that nobody comes back to in time is ended.",
  }),
  CONSOLE_TAKEN: entry<{ node: string; how: string }>({
    exitCode: 1,
    message: ({ node, how }) => `The console of ${node} is taken: ${how}.`,
    remedy: () => "Watch it with --read-only.",
  }),
  CONSOLE_TIMED_OUT: entry<{
    node: string;
    waitedFor: string;
    afterMs: number;
    screen: readonly string[];
    isOff?: boolean;
  }>({
    exitCode: 1,
    message: ({ node, waitedFor, afterMs, screen, isOff }) =>
      `The console of ${node} did not show ${waitedFor} within ${afterMs} ms${isOff ? `: ${node} has no power` : ""}. Its last screen:\n${frame(screen)}`,
  }),
  CONSOLE_ENDED: entry<{ node: string; waitedFor: string; screen: readonly string[] }>({
    exitCode: 1,
    message: ({ node, waitedFor, screen }) =>
      `The console of ${node} ended before it showed ${waitedFor}. Its last screen:\n${frame(screen)}`,
  }),
  CONSOLE_COMMAND_FAILED: entry<{ node: string; command: string; exitCode: number; output: string }>({
    exitCode: 1,
    message: ({ node, command, exitCode, output }) =>
      `On the console of ${node}, "${command}" failed with exit code ${exitCode}${output === "" ? "." : `:\n${frame(output.split("\n"))}`}`,
  }),
  CONSOLE_LOGIN_REFUSED: entry<{ node: string; user: string; screen: readonly string[] }>({
    exitCode: 1,
    message: ({ node, user, screen }) =>
      `${node} did not let ${user} log in on its console. Its last screen:\n${frame(screen)}`,
    remedy: () => "Check user and password.",
  }),
} as const;

const frame = (lines: readonly string[]): string => lines.map((line) => `  | ${line}`).join("\n");

/** What to do about what QEMU says when it does not start. */
function startRemedy(said: string): string | undefined {
  if (/cannot set up guest memory|cannot allocate memory/i.test(said))
    return "This machine has not that much memory: give the node less.";
  if (/is not in .*format|image is corrupt|Image is not|"driver":"qcow2"/i.test(said))
    return "The image is damaged, or of another format.";
  if (/is not a valid device model name/i.test(said))
    return "List the models QEMU knows with: qemu-system-x86_64 -device help";
  if (/unsupported machine type/i.test(said))
    return "List the machines QEMU knows with: qemu-system-x86_64 -machine help";
  if (/PCI: no slot|no slot\/function available/i.test(said))
    return "The machine has no room for so many devices. Give it fewer interfaces and disks.";
  return undefined;
}
