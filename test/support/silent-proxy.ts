// Stands between us and PostgreSQL and can fall silent: connections stay open, nothing comes through. That is what a
// database looks like whose machine has frozen, and what default settings wait for without end.
import { startRelay, type Relay } from './relay.ts';

export interface SilentProxy extends Relay {
  fallSilent(): void;
  /** From the first question on that contains the words, PostgreSQL is heard by nobody; it goes on hearing. */
  keepAnswersFrom(words: string): void;
  speak(): void;
}

export async function startSilentProxy(server: { host: string; port: number }): Promise<SilentProxy> {
  let isSilent = false;
  let isUnheard = false;
  let awaited: string | undefined;
  const relay = await startRelay(server, (near, far) => {
    near.on('data', (data) => {
      if (awaited !== undefined && data.includes(awaited)) isUnheard = true;
      if (!isSilent) far.write(data);
    });
    far.on('data', (data) => {
      if (!isSilent && !isUnheard) near.write(data);
    });
  });
  return {
    ...relay,
    fallSilent: () => void (isSilent = true),
    keepAnswersFrom: (words) => void (awaited = words),
    speak: () => {
      isSilent = false;
      isUnheard = false;
      awaited = undefined;
    },
  };
}
