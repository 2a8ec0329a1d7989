// portaria registration: initial access tokens, with which programs register themselves (RFC 7591 §1.2).
import type { Command } from 'commander';
import { parseDuration } from '../base/duration.ts';
import { invalidRequest } from '../base/errors.ts';
import { withAdministration } from './administration.ts';
import { fields, formatTime, print, type OutputOptions } from './output.ts';

const LONGEST_SECONDS = 365 * 86_400;

export function addRegistrationCommands(program: Command): void {
  const registration = program
    .command('registration')
    .description('Programs that register themselves (REGISTRATION=token or open).')
    .helpCommand(false);

  registration
    .command('token')
    .description(
      'Make an initial access token, printed this once. One program registers itself with it, once.',
    )
    .option('--expires <duration>', 'how long it is good for, up to 365d', '7d')
    .option(
      '--json',
      'print JSON: { "initial_access_token", "expires_at", "registration_endpoint", "registration" }',
    )
    .addHelpText('after', '\nExample:\n  npx portaria registration token --expires 1d')
    .action((options: OutputOptions & { expires: string }, command: Command) =>
      withAdministration(command, async (ask) => {
        const made = await ask('createRegistrationToken', {
          expires_in_seconds: parseExpires(options.expires),
        });
        const { initial_access_token: token, expires_at: expiresAt, registration_endpoint: endpoint } = made;
        const shown = fields({ Token: token, 'Good until': formatTime(expiresAt), Endpoint: endpoint });
        const hint =
          made.registration === 'token'
            ? 'Keep it now: it is not shown again.'
            : 'It is of use to a server with REGISTRATION=token only; the setting here is another.';
        print(options, made, `${shown}\n\n${hint}`);
      }),
    );
}

function parseExpires(text: string): number {
  const seconds = parseDuration(text);
  if (seconds === undefined || seconds > LONGEST_SECONDS) {
    throw invalidRequest(`--expires takes a duration such as 12h or 7d, up to 365d, not "${text}".`);
  }
  return seconds;
}
