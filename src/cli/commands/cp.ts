import type { Command } from "commander";
import type { CommandDefinition } from "../command.ts";
import { withExamples } from "../examples.ts";
import { type NameOptions, withLab, withOutput } from "../options.ts";

export type CpOptions = NameOptions & {
  readonly file?: string;
  readonly archive?: boolean;
  readonly followLink?: boolean;
};

export const cp: CommandDefinition = (program, bind) => {
  const command: Command = program
    .command("cp")
    .summary("Copy files to, from and between nodes")
    .description(
      "Copy a file or a folder to a node, from a node, or between two, as cp -r does: into DESTINATION where that is a folder, else under its name. NODE:PATH is in a node; a path of this machine with a colon in it starts with / or ./. A source that ends with /. means what is in the folder. As SOURCE or DESTINATION, - is a tar archive on standard input or output. Permissions and times are kept, symbolic links stay links; files become root's in a node, and yours here.",
    )
    .argument("<source>", "PATH, NODE:PATH, or - for a tar archive to unpack")
    .argument("<destination>", "PATH, NODE:PATH, or - to write a tar archive")
    .option("-a, --archive", "keep users and groups, setuid and setgid")
    .option("-L, --follow-link", "where the source is a symbolic link, copy what it points to");
  withOutput(withLab(command));
  withExamples(command, {
    "A file into a node, and back": [
      "netwright cp nginx.conf web:/etc/nginx/",
      "netwright cp web:/var/log/access.log .",
    ],
    "What is in a folder, between nodes": ["netwright cp h1:/srv/. h2:/srv"],
    "Through an archive": ["netwright cp h1:/etc - | tar t", "tar c site | netwright cp - web:/srv"],
  });
  command.action(
    bind<CpOptions>(async (session, source = "", destination = "") => {
      const { copy } = await import("../copy.ts");
      return copy(session, source, destination);
    }),
  );
};
