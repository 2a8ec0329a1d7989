// Runs one passport strategy as a promise, without passport: a strategy is an object whose `authenticate` calls one of
// five methods that somebody else puts on it.

export interface PassportStrategy {
  authenticate(request: object): void;
}

export type StrategyOutcome =
  | { kind: 'redirect'; url: string }
  | { kind: 'success'; user: unknown }
  | { kind: 'fail'; challenge: unknown };

/** `request` is what the strategy reads of a request, its `query` at least. Rejects when the strategy errs. */
export function runStrategy(
  strategy: PassportStrategy,
  request: { query: Record<string, string> },
): Promise<StrategyOutcome> {
  return new Promise((resolve, reject) => {
    // A copy for this request, as passport makes one: the strategy itself stays as it is.
    const run = Object.assign(Object.create(strategy) as PassportStrategy, {
      redirect: (url: string) => resolve({ kind: 'redirect', url }),
      success: (user: unknown) => resolve({ kind: 'success', user }),
      fail: (challenge: unknown) => resolve({ kind: 'fail', challenge }),
      pass: () => resolve({ kind: 'fail', challenge: undefined }),
      error: reject,
    });
    run.authenticate(request);
  });
}
