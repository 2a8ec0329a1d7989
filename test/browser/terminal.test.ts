// A Python program that can only open a link and ask, and its person, who finishes in a browser with the letters of the terminal.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, it } from '@jest/globals';
import { describeInChromium } from '../support/chromium.ts';
import { PASSWORD } from '../support/people.ts';
import { started, type Started } from '../support/polling.ts';
import { openHouse } from './house.ts';

/** Sooner than agreed: then it is told to wait, and goes on. */
const SECONDS = '0.5';
const hasPython = spawnSync('python3', ['--version']).status === 0;
const itWithPython = hasPython || process.env['CI'] === 'true' ? it : it.skip;

describeInChromium('a terminal that waits, and its person in a browser', () => {
  const house = openHouse();

  function startProgram(): { program: ChildProcess; lines: AsyncIterator<string> } {
    const program = spawn('python3', ['test/browser/waiting_terminal.py', house.url, SECONDS], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const reader = createInterface({ input: program.stdout });
    return { program, lines: reader[Symbol.asyncIterator]() };
  }

  const documentOf = (line: IteratorResult<string>) => JSON.parse(line.value) as unknown;

  itWithPython('come together: a Python program hears who has come', async () => {
    const { program, lines } = startProgram();
    try {
      const session = documentOf(await lines.next()) as Started;
      const visitor = await house.visitor();
      await visitor.open(session.loginUrl);
      await visitor.fill({ 'E-mail or username': 'ana', Password: PASSWORD });
      await visitor.press('Sign in');
      expect(await visitor.heading()).toBe('Connect Portaria CLI?');
      await visitor.press('Allow');
      expect(await visitor.describedFault('Letters')).toMatch(/^Enter the four letters/);
      await visitor.field('Letters').fill('BBBB');
      await visitor.pressKey('Enter');
      expect(await visitor.describedFault('Letters')).toMatch(/^These are not the letters/);
      await visitor.field('Letters').fill(session.sessionId.slice(0, 4).toLowerCase());
      await visitor.pressKey('Enter');
      expect(await visitor.heading()).toBe('You’re connected');
      expect(documentOf(await lines.next())).toMatchObject({
        email: 'ana@example.com',
        name: 'Ana',
        tier: 'free',
      });
      if (program.exitCode === null) await once(program, 'exit');
      expect(program.exitCode).toBe(0);
    } finally {
      program.kill();
    }
  });

  it('part without scripts too, and the link is worth nothing any more', async () => {
    const session = await started(house.url);
    const visitor = await house.visitor({ javaScriptEnabled: false, locale: 'ko' });
    await visitor.open(session.loginUrl);
    await visitor.fill({ '이메일 또는 사용자 이름': 'ana', 비밀번호: PASSWORD });
    await visitor.press('로그인');
    await visitor.press('거부');
    expect(await visitor.heading()).toBe('연결하지 않았습니다');
    await visitor.open(session.loginUrl);
    expect(await visitor.page.locator('h1').innerText()).toContain('링크');
  });
});
