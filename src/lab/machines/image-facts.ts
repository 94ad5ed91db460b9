import type { HostFacts } from "../../kinds/index.ts";

/** Looks into an image that only answers in time. */
export type ImageView = {
  readonly programFolders: readonly string[];
  hasFile(path: string): Promise<boolean>;
  /** Undefined when there is no such file. */
  readFile(path: string): Promise<Uint8Array | undefined>;
};

/**
 * Asks a pure function of what is in an image: it is called again with what it asked for, until it has
 * asked for nothing that was not known.
 *
 * @throws what the function throws then
 */
export async function knowing<Answer>(view: ImageView, ask: (facts: HostFacts) => Answer): Promise<Answer> {
  const files = new Map<string, boolean>();
  const texts = new Map<string, string | undefined>();
  for (;;) {
    const wanted = { files: new Set<string>(), texts: new Set<string>() };
    const facts: HostFacts = {
      // An engine of root's gives a container every user there is.
      hasUsers: true,
      programFolders: view.programFolders,
      exists: (path) => {
        if (!files.has(path)) wanted.files.add(path);
        return files.get(path) ?? false;
      },
      readText: (path) => {
        if (!texts.has(path)) wanted.texts.add(path);
        return texts.get(path);
      },
    };
    let answer: { readonly value: Answer } | { readonly error: unknown };
    try {
      answer = { value: ask(facts) };
    } catch (error) {
      answer = { error };
    }
    if (wanted.files.size + wanted.texts.size === 0) {
      if ("error" in answer) throw answer.error;
      return answer.value;
    }
    await Promise.all([
      ...[...wanted.files].map(async (path) => files.set(path, await view.hasFile(path))),
      ...[...wanted.texts].map(async (path) => texts.set(path, (await view.readFile(path))?.toString())),
    ]);
  }
}
