/**
 * What several sources tell, each as it comes and in its own order, no faster than it is read, and none before the
 * others' turn. Of one that waits, reading ends when it ends: all have to when whoever reads goes away.
 */
export async function* together<One>(...sources: readonly AsyncIterator<One>[]): AsyncGenerator<One, void, undefined> {
  const ask = async (source: AsyncIterator<One>) => ({ source, result: await source.next() });
  const asked = new Map(sources.map((source) => [source, ask(source)]));
  try {
    while (asked.size > 0) {
      const { source, result } = await Promise.race(asked.values());
      asked.delete(source);
      if (result.done === true) continue;
      yield result.value;
      // Behind the others, so that one that has much to tell leaves them their turn.
      asked.set(source, ask(source));
    }
  } finally {
    for (const source of sources) void source.return?.();
  }
}
