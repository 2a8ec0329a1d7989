// Whether the whole house is being attacked: more wrong tries of one kind than people make, from however many addresses, on
// all nodes. Nobody is refused for it, since that would be a lock on the whole house; whoever asks gives strangers less room.
import type { Throttle } from './throttle.ts';

export class Siege {
  readonly #inAll: Throttle;
  /** Milliseconds since 1970. */
  #until = 0;

  constructor(inAll: Throttle) {
    this.#inAll = inAll;
  }

  /** As far as this process knows: it learns of a siege with the next wrong try that it sees. */
  get isOn(): boolean {
    return Date.now() < this.#until;
  }

  /** Throws 503 when it cannot be counted. */
  async countWrong(): Promise<void> {
    const seconds = await this.#inAll.countWrong('all');
    if (seconds > 0) this.#until = Date.now() + seconds * 1000;
  }
}
