import { once } from "node:events";
import { connect } from "node:net";
import { resolve } from "node:path";
import type { Command } from "commander";
import { labError } from "../topology/errors/error.ts";
import type { Bind } from "./command.ts";
import { withExamples } from "./examples.ts";
import { withOutput } from "./options.ts";

type ConfigOptions = { readonly config: string };

const configOption = ["-c, --config <file>", "the server's configuration"] as const;

/** `serve backup` and `serve restore`: the database of a server. */
export function serverBackup(parent: Command, bind: Bind): void {
  const backup = parent
    .command("backup")
    .summary("Copy a server's database into a file, while it runs or not")
    .description(
      "Copy a server's database into a file: users, projects, topologies with their versions, labs, events, audit log, as they are at one moment. The server may run. A database of PostgreSQL is copied by pg_dump, in its custom format. Labs themselves are not in it: they run on, and logs and captures are files.",
    )
    .argument("<file>", "the copy; it must not be there yet")
    .requiredOption(...configOption);
  withOutput(backup);
  withExamples(backup, { "Every night": ["netwright serve backup --config server.yaml backup-$(date +%F).db"] });
  backup.action(
    bind<ConfigOptions>(async ({ context, output, options }, file = "") => {
      const { backUp, readServerConfig } = await import("../controller/index.ts");
      const { database } = readServerConfig(resolve(context.directory, options.config));
      const to = resolve(context.directory, file);
      await backUp(database, to);
      if (output.json) output.printJson({ file: to });
      else output.note(`The database is in ${file}.`);
    }),
  );

  const restore = parent
    .command("restore")
    .summary("Put a copy of a server's database in its place")
    .description(
      "Put a copy that `serve backup` made in the place of a server's database. The server must not run. A database of SQLite that is there is kept beside it; one of PostgreSQL is as it was when something fails. Everybody has to sign in again. The next start finds the labs of the copy that run.",
    )
    .argument("<file>", "the copy")
    .requiredOption(...configOption);
  withOutput(restore);
  withExamples(restore, {
    "Before the server starts again": ["netwright serve restore --config server.yaml backup.db"],
  });
  restore.action(
    bind<ConfigOptions>(async ({ context, output, options }, file = "") => {
      const { readServerConfig, restore: putBack } = await import("../controller/index.ts");
      const { database, listen } = readServerConfig(resolve(context.directory, options.config));
      if (await answers(listen)) throw labError("SERVER_RUNS", { address: `${listen.host}:${listen.port}` });
      const kept = await putBack(database, resolve(context.directory, file));
      if (output.json) output.printJson({ database: file, replaced: kept ?? null });
      else output.note(`The database is that of ${file}.${kept === undefined ? "" : ` The one before it is ${kept}.`}`);
    }),
  );
}

async function answers({ host, port }: { readonly host: string; readonly port: number }): Promise<boolean> {
  const any = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  const socket = connect({ host: any, port, timeout: 2_000 });
  try {
    await Promise.race([once(socket, "connect"), once(socket, "timeout").then(() => Promise.reject(new Error()))]);
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
