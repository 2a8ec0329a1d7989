// Whether there is a Chromium, and how it is started. Stories that need one are skipped without it, and the run says
// so; where nothing may be missing (CI=true) they fail. Free of Jest, so that scripts can ask too.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type * as Jest from '@jest/globals';
import { chromium, type Browser } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const MISSING =
  'Chromium is missing: install it (Debian: apt-get install chromium) or set CHROMIUM_PATH. The pages are not tested in a browser.';
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** CHROMIUM_PATH, or else the first of the usual names on the PATH. */
export function chromiumPath(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = environment['CHROMIUM_PATH'];
  if (named) return isExecutable(named) ? named : undefined;
  const folders = (environment['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

/** `hosts`: names that lead to loopback, as `MAP id.example.com:80 127.0.0.1:3000`. */
export function startChromium({ hosts }: { hosts?: string } = {}): Promise<Browser> {
  const rules = hosts ? [`--host-resolver-rules=${hosts}`] : [];
  return chromium.launch({ executablePath: chromiumPath(), args: [...ARGUMENTS, ...rules] });
}

/** `describe` for stories in a browser. */
export function describeInChromium(title: string, stories: () => void): void {
  const { describe, it } = globalThis as unknown as typeof Jest;
  if (chromiumPath() !== undefined) {
    describe(title, stories);
  } else if (process.env['CI'] === 'true') {
    it(`${title}: needs Chromium`, () => {
      const error = new Error(MISSING);
      error.stack = MISSING;
      throw error;
    });
  } else {
    process.stderr.write(`${MISSING} Skipped: ${title}.\n`);
    describe.skip(title, stories);
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
