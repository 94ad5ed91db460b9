/** Whose a connection is that stays open: of a terminal, a stream of events, a copy of files. */
export type Holder = {
  readonly user: string;
  /** The session or the token that it was opened with. */
  readonly credential: string;
  readonly project?: string | undefined;
};

/** Connections that stay open, so that they end with the right to have them. */
export class OpenConnections {
  readonly #open = new Set<{ readonly holder: Holder; readonly end: () => void }>();

  /** @returns to be called when the connection has ended by itself */
  add(holder: Holder, end: () => void): () => void {
    const entry = { holder, end };
    this.#open.add(entry);
    return () => this.#open.delete(entry);
  }

  /** Ends those of a user, or of one of their sessions, tokens or projects. */
  end(whose: Pick<Holder, "user"> & Partial<Holder>, but?: string): void {
    for (const entry of [...this.#open]) {
      const { holder, end } = entry;
      const isMeant = (Object.keys(whose) as (keyof Holder)[]).every((key) => holder[key] === whose[key]);
      if (!isMeant || holder.credential === but) continue;
      this.#open.delete(entry);
      end();
    }
  }
}
