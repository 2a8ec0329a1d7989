// portaria login, whoami, token and logout: the person at this terminal and a server that may be anywhere. They open no
// database and read none of the server's settings.
import type { Command } from 'commander';
import { invalidToken, unreachable } from '../base/errors.ts';
import { fields, formatTime, harmless, print, type OutputOptions } from './output.ts';
import type { SignIn } from './sign-ins.ts';

interface ServerOptions extends OutputOptions {
  issuer?: string;
}

interface Person {
  sub: string;
  name: string | undefined;
  email: string | undefined;
  username: string | undefined;
  roles: string[] | undefined;
  permissions: string[] | undefined;
}

/** What fits most: who the person is, and what services and administrators need. Who is no administrator gets the rest of it. */
const DEFAULT_SCOPE = 'openid profile email read write admin';
const ISSUER_HELP = 'the address of the server (default: PORTARIA_ISSUER, else where you signed in last)';
/** As a shell reports Ctrl-C. */
const STOPPED = 130;

export function addLoginCommands(program: Command): void {
  program
    .command('login')
    .description('Sign in to a server that is elsewhere, with a browser that may be elsewhere too.')
    .option('--issuer <url>', ISSUER_HELP)
    .option('--scope <scopes>', 'what to ask for, separated by spaces', DEFAULT_SCOPE)
    .option('--no-browser', 'open no browser here: only show the link')
    .option('--json', 'print JSON: the link on standard error, then who has signed in')
    .addHelpText(
      'after',
      '\nThe sign-in is kept in your own configuration folder, for you alone. Sign in to several servers if you like:\nthe other commands speak to the last one, or to the one that --issuer or PORTARIA_ISSUER names.' +
        '\n\nExample:\n  npx portaria login --issuer https://login.example.com',
    )
    .action(login);

  program
    .command('whoami')
    .description('Show who is signed in here, as the server knows them.')
    .option('--issuer <url>', ISSUER_HELP)
    .option('--json', 'print JSON: { "issuer", "sub", "name", … }')
    .addHelpText('after', '\nExample:\n  npx portaria whoami')
    .action(whoami);

  program
    .command('token')
    .description(
      'Print a living access token, refreshed when it is time. It cannot administer unless --scope says so.',
    )
    .option('--issuer <url>', ISSUER_HELP)
    .option('--scope <scopes>', 'less than what was allowed, separated by spaces (default: all but admin)')
    .option('--json', 'print JSON: { "access_token", "token_type", "scope", "expires_at" }')
    .addHelpText(
      'after',
      '\nExample:\n  curl -H "Authorization: Bearer $(npx portaria token)" https://tickets.example.com/api/tickets',
    )
    .action(token);

  program
    .command('logout')
    .description('End the sign-in: its tokens stop at once, and nothing is left here.')
    .option('--issuer <url>', ISSUER_HELP)
    .option('--forget', 'delete what is kept here even when the server cannot be told')
    .option('--json', 'print JSON: { "issuer", "revoked" }')
    .addHelpText('after', '\nExample:\n  npx portaria logout')
    .action(logout);
}

async function login(options: ServerOptions & { scope: string; browser: boolean }): Promise<void> {
  const { chosenIssuer, signInFile } = await import('./signed-in-at.ts');
  const { openIssuer } = await import('./issuer.ts');
  const { signInByDevice } = await import('./device-sign-in.ts');
  const { readUserConfig } = await import('./user-config.ts');
  const issuer = await chosenIssuer(options.issuer);
  const server = await openIssuer(issuer);
  const stop = () => {
    if (!options.json) process.stderr.write('\nStopped. Nobody was signed in.\n');
    process.exit(STOPPED);
  };
  process.once('SIGINT', stop);
  const isJson = options.json === true;
  const opensBrowser = options.browser && !isJson && readUserConfig().hasBrowser;
  const signIn = await signInByDevice(server, { scope: options.scope, isJson, opensBrowser });
  // From here on somebody is.
  process.off('SIGINT', stop);
  const before = await signInFile().change((signIns) => {
    const replaced = signIns.get(issuer);
    signIns.delete(issuer);
    signIns.set(issuer, signIn);
    return replaced;
  });
  // Nobody has it any more. If the server cannot be told now, it ends by its age.
  if (before) await revoke(issuer, before).catch(() => undefined);
  const person = await findPerson(issuer);
  const mailbox = person.email ? ` (${person.email})` : '';
  const text = `Signed in at ${issuer} as ${harmless(`${person.name ?? person.sub}${mailbox}`)}.`;
  print(options, documentOf(issuer, person, signIn), text);
}

async function whoami(options: ServerOptions): Promise<void> {
  const { chosenIssuer, signInFile } = await import('./signed-in-at.ts');
  const issuer = await chosenIssuer(options.issuer);
  const person = await findPerson(issuer);
  const signIn = (await signInFile().read()).get(issuer);
  const { sub, name, email, username, roles = [], permissions = [] } = person;
  const text = fields({
    Server: issuer,
    Name: name,
    Email: email,
    Username: username,
    Id: sub,
    Roles: roles,
    Permissions: permissions,
    Scope: signIn?.scope,
  });
  print(options, documentOf(issuer, person, signIn), text);
}

async function token(options: ServerOptions & { scope?: string }): Promise<void> {
  const { chosenIssuer, tokenForServices } = await import('./signed-in-at.ts');
  const kept = await tokenForServices(await chosenIssuer(options.issuer), options.scope);
  const expiresAt = new Date(kept.expiresAt);
  const document = {
    access_token: kept.token,
    token_type: 'Bearer',
    scope: kept.scope,
    expires_at: expiresAt,
  };
  // The token and nothing else, since a script puts it into its request; until when it is good is for people.
  if (process.stdout.isTTY && !options.json) process.stderr.write(`Good until ${formatTime(expiresAt)}:\n`);
  print(options, document, harmless(kept.token));
}

async function logout(options: ServerOptions & { forget?: boolean }): Promise<void> {
  const { chosenIssuer, signInFile } = await import('./signed-in-at.ts');
  const issuer = await chosenIssuer(options.issuer);
  const isRevoked = await signInFile().change(async (signIns) => {
    const signIn = signIns.get(issuer);
    if (!signIn) return undefined;
    const isTold = await revoke(issuer, signIn).then(
      () => true,
      (error: Error) => {
        if (options.forget) return false;
        throw unreachable(
          `${error.message} Nothing was deleted: the sign-in lives on there. With --forget it is deleted here alone.`,
          error,
        );
      },
    );
    signIns.delete(issuer);
    return isTold;
  });
  if (isRevoked === undefined) throw invalidToken(`Nobody is signed in at ${issuer} here.`);
  const told = `Signed out at ${issuer}.`;
  const untold = `Forgotten here. At ${issuer} the sign-in ends by its age, or on /account/programs.`;
  print(options, { issuer, revoked: isRevoked }, isRevoked ? told : untold);
}

/** RFC 7009: with the refresh token goes everything that came from it. */
async function revoke(issuer: string, { refreshToken }: SignIn): Promise<void> {
  const { asked, openIssuer } = await import('./issuer.ts');
  const { openid, configuration } = await openIssuer(issuer);
  const hint = { token_type_hint: 'refresh_token' };
  await asked(issuer, () => openid.tokenRevocation(configuration, refreshToken, hint));
}

/** Whose sign-in it is, asked of the server. Throws 401 when it has ended. */
async function findPerson(issuer: string): Promise<Person> {
  const { discardToken, wholeTokenFor } = await import('./signed-in-at.ts');
  const { documentIn, getFrom, notPortaria } = await import('./issuer.ts');
  for (let turn = 0; turn < 2; turn++) {
    const bearer = await wholeTokenFor(issuer);
    const answer = await getFrom(issuer, '/api/verify', bearer);
    if (answer.ok) {
      const person = personIn(await documentIn(issuer, answer));
      if (person) return person;
      throw notPortaria(issuer);
    }
    await discardToken(issuer, bearer);
  }
  throw unreachable(`${issuer} does not know the token that it has just given. Try again in a moment.`);
}

/** What a server elsewhere says may be anything. */
function personIn(document: Record<string, unknown>): Person | undefined {
  const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined);
  const listOf = (value: unknown) =>
    Array.isArray(value) ? value.filter((item) => typeof item === 'string') : undefined;
  const sub = textOf(document['sub']);
  if (sub === undefined) return undefined;
  return {
    sub,
    name: textOf(document['name']),
    email: textOf(document['email']),
    username: textOf(document['username']),
    roles: listOf(document['roles']),
    permissions: listOf(document['permissions']),
  };
}

function documentOf(issuer: string, person: Person, signIn: SignIn | undefined): object {
  const { sub, name, email, username, roles, permissions } = person;
  return { issuer, sub, name, email, username, roles, permissions, scope: signIn?.scope };
}
