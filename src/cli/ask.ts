// What a command asks the person at the terminal. Questions go to standard error: standard output is for the result.
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { Writable } from 'node:stream';
import { forbidden } from '../base/errors.ts';
import { harmless } from './output.ts';

/** Asks on a terminal only; throws when the answer is not yes. `yes` is the option that skips the question. */
export async function confirm(question: string, { yes }: { yes?: boolean }): Promise<void> {
  if (yes || !process.stdin.isTTY) return;
  const answer = await ask(`${harmless(question)} [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) throw forbidden('declined', 'Nothing was changed.');
}

/** The option as it is; for "-" a line typed unseen, or standard input without its last line break. */
export async function readSecret(option: string | undefined, label: string): Promise<string | undefined> {
  if (option !== '-') return option;
  if (process.stdin.isTTY) return ask(`${label}: `, true);
  return (await text(process.stdin)).replace(/\r?\n$/, '');
}

function ask(question: string, isHidden = false): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({
    input: process.stdin,
    output: isHidden ? nowhere : process.stderr,
    terminal: true,
  });
  if (isHidden) process.stderr.write(question);
  return new Promise((resolve) => {
    // Ctrl-C, as a shell reports it; Ctrl-D is no answer.
    terminal.once('SIGINT', () => process.exit(130));
    let answered = '';
    terminal.once('close', () => {
      if (isHidden || answered === '') process.stderr.write('\n');
      resolve(answered);
    });
    terminal.question(question, (answer) => {
      answered = answer;
      terminal.close();
    });
  });
}
