// What the machine can do with passwords at best, a process of its own: compares one with its digest again and again, with
// Portaria's parameters and nothing around it, and gives way to whatever else runs on the machine as Portaria's does.
import { constants, setPriority } from 'node:os';
import { hashSync, verifySync } from '@node-rs/argon2';
import { OWASP_PARAMETERS } from '../src/base/password.ts';
import { PASSWORD } from './cast.ts';

export interface RawQuestion {
  seconds: number;
}

export interface RawFigures {
  perSecond: number;
}

setPriority(constants.priority.PRIORITY_LOW);
const digest = hashSync(PASSWORD, OWASP_PARAMETERS);

function compare({ seconds }: RawQuestion): RawFigures {
  const startedAt = performance.now();
  let compared = 0;
  let passed = 0;
  while (passed < seconds * 1000) {
    if (!verifySync(digest, PASSWORD)) throw new Error('the password is not itself');
    compared += 1;
    passed = performance.now() - startedAt;
  }
  return { perSecond: (compared / passed) * 1000 };
}

process.on('message', (question: RawQuestion) => process.send?.(compare(question)));
process.on('disconnect', () => process.exit(0));
