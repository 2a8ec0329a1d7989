// The world in which a test file runs: Node's own, and in it what Node keeps under a symbol, which Jest does not bring along.
// Without the dispatcher of fetch the engine warns that it cannot guard what it fetches, which it can in a real process.
import { TestEnvironment } from 'jest-environment-node';

const DISPATCHER = Symbol.for('undici.globalDispatcher.1');

export default class NodeWithDispatcher extends TestEnvironment {
  override async setup(): Promise<void> {
    await super.setup();
    // Node makes it when somebody first asks for `Response`.
    void Response;
    Object.assign(this.global, { [DISPATCHER]: (globalThis as Record<symbol, unknown>)[DISPATCHER] });
  }
}
