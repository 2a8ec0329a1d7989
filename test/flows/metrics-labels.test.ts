// Labels come from closed lists, never from a request: whoever asks for nonsense must not fill our memory with it.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { postForm } from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';

let portaria: Portaria;
beforeAll(async () => {
  portaria = await startPortaria();
});
afterAll(() => portaria.stop());

async function series(): Promise<string> {
  return (await fetch(`${portaria.url}/metrics`)).text();
}

const WORDS = ['aaaa', 'bbbb', 'cccc'].map((word) => `nonsense_${word}`);

describe('requests that are refused add no names of their own to the metrics', () => {
  it('by their path', async () => {
    for (const word of WORDS) {
      const response = await fetch(`${portaria.url}/oauth/${word}?x=%00`);
      expect(response.status).toBe(400);
    }
    expect(await series()).not.toContain('nonsense_');
  });

  it('by their grant type', async () => {
    for (const word of WORDS) {
      const { body } = await postForm(`${portaria.url}/oauth/token`, { grant_type: word, client_id: 'cli' });
      expect(body.error).toBe('unsupported_grant_type');
    }
    expect(await series()).not.toContain('nonsense_');
  });
});
