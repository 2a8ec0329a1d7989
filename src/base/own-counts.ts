// What this process itself has counted for a throttle. Redis may be emptied, or go away and come back knowing nothing, and
// PostgreSQL counts anew meanwhile: none of that gives anybody a fresh budget here. Kept in two halves like remembered.ts, so
// that a flood of keys costs no more than so much memory; it makes us forget, and then the others still count.
const HALF = 5_000;

interface Count {
  points: number;
  /** Milliseconds since 1970. */
  endsAt: number;
}

export class OwnCounts {
  #young = new Map<string, Count>();
  #old = new Map<string, Count>();

  /** One more; answers how many there are. A window that begins now lasts for `windowMs`. */
  add(key: string, windowMs: number): number {
    const { points, endsAt } = this.#find(key) ?? { points: 0, endsAt: Date.now() + windowMs };
    this.#put(key, { points: points + 1, endsAt });
    return points + 1;
  }

  /** One less, in the window that it was counted in. */
  giveBack(key: string): void {
    const count = this.#find(key);
    if (!count) return;
    if (count.points > 1) count.points -= 1;
    else this.#forget(key);
  }

  set(key: string, points: number, windowMs: number): void {
    this.#put(key, { points, endsAt: Date.now() + windowMs });
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  #find(key: string): Count | undefined {
    const count = this.#young.get(key) ?? this.#old.get(key);
    return count && count.endsAt > Date.now() ? count : undefined;
  }

  #put(key: string, count: Count): void {
    this.#forget(key);
    if (this.#young.size >= HALF) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, count);
  }

  #forget(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }
}
