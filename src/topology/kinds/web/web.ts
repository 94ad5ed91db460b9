import type * as z from "zod";
import { mapOf, text, wholeNumber } from "../../schema/form.ts";
import { defineKind } from "../kind.ts";
import { argv, listens, pathBelow, textFile, textOrFile } from "../pieces.ts";

const options = {
  port: wholeNumber(1, 65_535).optional().describe("TCP port. 80 when absent"),
  content: mapOf(textOrFile("a text"), "a map from paths such as index.html to texts")
    .optional()
    .describe("Files it serves, by path: a text, or {from: a path}"),
  folder: text("a path")
    .optional()
    .describe("A folder of this machine that it serves, instead of content; relative to the lab file"),
  config: textOrFile("a configuration of busybox httpd")
    .optional()
    .describe("Configuration of busybox httpd (access rules, MIME types): its text, or {from: a path}"),
} as const;

type Options = { readonly [Key in keyof typeof options]?: z.output<(typeof options)[Key]> };

const root = "/srv/www";
const configPath = "/etc/httpd.conf";

/** Serves files over HTTP. */
export const web = defineKind({
  name: "web",
  summary: "A host that serves files over HTTP, by busybox",
  base: "host",
  options,
  resolve: ({ port = 80, content, folder, config = "" }: Options, facts) => {
    if (content !== undefined && folder !== undefined)
      facts.report("it serves content or a folder, not both", "Keep one of content and folder.", ["folder"]);
    const source = folder === undefined ? undefined : facts.locate(folder, "The folder of a web server", ["folder"]);
    const pages = folder === undefined ? (content ?? { "index.html": `This is ${facts.node.name}.\n` }) : {};
    const files = Object.entries(pages).flatMap(([path, page]) => {
      const target = pathBelow(root, path);
      if (target !== undefined) return [textFile(target, page)];
      facts.report(`"${path}" is no path below the server's folder`, "Write one such as index.html.", [
        "content",
        path,
      ]);
      return [];
    });
    return {
      software: {
        programs: [{ name: "busybox", package: "busybox" }],
        directories: folder === undefined ? [{ path: root, mode: 0o755 }] : [],
        files: [textFile(configPath, config), ...files],
        services: [
          {
            name: "httpd",
            command: argv("busybox", "httpd", "-f", "-v", "-p", String(port), "-h", root, "-c", configPath),
            ready: listens("tcp", port),
          },
        ],
        setup: [],
        config: { path: configPath, live: { by: "restart" } },
      },
      ...(source === undefined
        ? {}
        : { options: { folder: source }, mounts: [{ source, target: root, readOnly: true }] }),
    };
  },
});
