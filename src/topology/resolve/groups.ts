/** Disjoint sets, joined pairwise (union–find with path halving). */
export class Groups<Member> {
  readonly #parents = new Map<Member, Member>();

  rootOf(member: Member): Member {
    let current = member;
    for (let parent = this.#parents.get(current); parent !== undefined; parent = this.#parents.get(current)) {
      const grandparent = this.#parents.get(parent);
      if (grandparent !== undefined) this.#parents.set(current, grandparent);
      current = parent;
    }
    return current;
  }

  /** False when they were in one set already. */
  join(a: Member, b: Member): boolean {
    const [rootA, rootB] = [this.rootOf(a), this.rootOf(b)];
    if (rootA === rootB) return false;
    this.#parents.set(rootB, rootA);
    return true;
  }
}
