// How much of what strangers do is written down. Whoever is refused leaves a row, and a row stays for more than a year: so few
// of one address in a minute, more of all together; what is beyond is counted, and the count is written down afterwards.
import { addressKey } from '../base/throttle.ts';

const MINUTE_MS = 60_000;
const PER_ADDRESS = 100;
/** In this process. */
const OF_ALL = 1_000;

export class Restraint {
  #endsAt = 0;
  #all = 0;
  #withheld = 0;
  readonly #byAddress = new Map<string, number>();

  /** Whether the next one is written down; `withheld` is how many were not before, told once. */
  next(address: string | undefined): { isAllowed: boolean; withheld: number } {
    const now = Date.now();
    let withheld = 0;
    if (now >= this.#endsAt || now < this.#endsAt - MINUTE_MS) {
      withheld = this.#withheld;
      this.#endsAt = now + MINUTE_MS;
      this.#all = 0;
      this.#withheld = 0;
      this.#byAddress.clear();
    }
    const key = addressKey(address ?? '');
    const ofAddress = this.#byAddress.get(key) ?? 0;
    const isAllowed = this.#all < OF_ALL && ofAddress < PER_ADDRESS;
    if (isAllowed) {
      this.#all += 1;
      this.#byAddress.set(key, ofAddress + 1);
    } else {
      this.#withheld += 1;
    }
    return { isAllowed, withheld };
  }
}
