import { Application, type TypeDocOptions } from "typedoc";
import type { PluginOptions } from "typedoc-plugin-markdown";

/** Writes the API's reference below `folder` as Markdown, from the exported declarations and their comments. */
export async function writeApiReference(root: string, folder: string): Promise<void> {
  const options: Partial<TypeDocOptions & PluginOptions> = {
    plugin: ["typedoc-plugin-markdown"],
    outputs: [{ name: "markdown", path: folder }],
    entryFileName: "index",
    hideBreadcrumbs: true,
    name: "API",
    entryPoints: [`${root}/src/topology/index.ts`, `${root}/src/client/index.ts`],
    tsconfig: `${root}/tsconfig.json`,
    readme: "none",
    excludeExternals: true,
    excludePrivate: true,
    disableSources: true,
    githubPages: false,
    logLevel: "Warn",
    // The types are checked by make check.
    skipErrorChecking: true,
    validation: { notExported: false, invalidLink: true, notDocumented: false },
  };
  const application = await Application.bootstrapWithPlugins(options);
  const project = await application.convert();
  if (project === undefined || project.children === undefined) throw new Error("typedoc found nothing to document.");
  await application.generateOutputs(project);
  if (application.logger.hasErrors()) throw new Error("typedoc reported errors.");
}
