/** A login shell: bash where the node has it, else the shell that POSIX promises. */
export const loginShell: readonly string[] = ["sh", "-c", "command -v bash >/dev/null && exec bash -l; exec sh -l"];
