// What every story in a browser needs: the server, a client to come back to, a Chromium, and visitors who tell at the
// end of each story what was wrong with the pages they saw.
import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { startChromium } from '../support/chromium.ts';
import { addPerson, authorizationRequest } from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';
import { startPretendGithub, type PretendGithub } from '../support/pretend-github.ts';
import { settingsFor } from '../support/walks.ts';
import { startLoopbackClient, type LoopbackClient } from './loopback-client.ts';
import { Visitor, type VisitorOptions } from './visitor.ts';

export class House {
  portaria!: Portaria;
  github!: PretendGithub;
  client!: LoopbackClient;
  browser!: Browser;
  readonly #visitors: Visitor[] = [];
  readonly #examined = new Set<string>();

  get url(): string {
    return this.portaria.url;
  }

  async open(settings: Record<string, string> = {}): Promise<void> {
    this.github = await startPretendGithub();
    [this.portaria, this.client, this.browser] = await Promise.all([
      startPortaria({ ...settingsFor(this.github), ...settings }),
      startLoopbackClient(),
      startChromium(),
    ]);
    await addPerson(this.portaria);
  }

  async close(): Promise<void> {
    await this.browser.close();
    await Promise.all([this.portaria.stop(), this.client.close(), this.github.close()]);
  }

  async visitor(options: VisitorOptions = {}): Promise<Visitor> {
    const visitor = await Visitor.arrive(this.browser, this.url, { examined: this.#examined, ...options });
    this.#visitors.push(visitor);
    return visitor;
  }

  /** Where a client of ours sends a person. */
  authorizeUrl(clientId: string, parameters: Record<string, string> = {}): string {
    const { redirectUri } = this.client;
    return authorizationRequest(this.portaria, {
      client_id: clientId,
      redirect_uri: redirectUri,
      ...parameters,
    }).url;
  }

  /** What the client was told, once the visitor is back there. */
  answerAt(visitor: Visitor): URLSearchParams {
    const { origin, pathname, searchParams } = new URL(visitor.page.url());
    expect(origin + pathname).toBe(this.client.redirectUri);
    return searchParams;
  }

  async sayGoodbye(): Promise<string[]> {
    const faults = await Promise.all(this.#visitors.splice(0).map((visitor) => visitor.leave()));
    return faults.flat();
  }
}

/** Opens before the stories of a `describe` and closes after them. `settings`: more of them, known only by then. */
export function openHouse(
  prepare?: (house: House) => Promise<unknown>,
  settings?: () => Promise<Record<string, string>>,
): House {
  const house = new House();
  beforeAll(async () => {
    await house.open(await settings?.());
    await prepare?.(house);
  });
  afterEach(async () => {
    expect(await house.sayGoodbye()).toEqual([]);
  });
  afterAll(() => house.close());
  return house;
}
