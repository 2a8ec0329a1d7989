// REDIS_URL: which forms there are, and a sentence for whatever is none of them.
import { describe, expect, it } from '@jest/globals';
import { parseRedisUrl } from '../../src/base/redis-url.ts';

describe('the address of Redis', () => {
  it.each([
    ['redis://localhost', { form: 'single', hasTls: false }],
    ['redis://user:word@cache.example.com:6380/2', { form: 'single' }],
    ['rediss://:word@[::1]:6380', { form: 'single', hasTls: true }],
    [
      'redis+cluster://a.example.com:7000,b.example.com,[2001:db8::1]:7002',
      {
        form: 'cluster',
        hasTls: false,
        hosts: [
          { host: 'a.example.com', port: 7000 },
          { host: 'b.example.com', port: 6379 },
          { host: '2001:db8::1', port: 7002 },
        ],
      },
    ],
    [
      'rediss+cluster://portaria:p%40ss%2Fword@10.0.0.1:7000',
      { form: 'cluster', hasTls: true, login: { username: 'portaria', password: 'p@ss/word' } },
    ],
    [
      'redis+sentinel://:word@s1:26380,s2/main-1/3?sentinel_username=watch&sentinel_password=w%26w',
      {
        form: 'sentinel',
        login: { password: 'word' },
        hosts: [
          { host: 's1', port: 26_380 },
          { host: 's2', port: 26_379 },
        ],
        master: 'main-1',
        database: 3,
        sentinelLogin: { username: 'watch', password: 'w&w' },
      },
    ],
    [
      'rediss+sentinel://s1/main',
      { form: 'sentinel', hasTls: true, database: 0, sentinelLogin: {}, login: {} },
    ],
  ])('may be %s', (url, expected) => {
    expect(parseRedisUrl(url)).toMatchObject(expected);
  });

  it.each([
    ['http://localhost', /must begin with redis:\/\//],
    ['localhost:6379', /must begin with/],
    ['redis+ring://a', /must begin with/],
    ['redis://', /must name hosts/],
    ['redis://a:99999', /must name hosts/],
    ['redis+cluster://a:7000,', /must name hosts/],
    ['redis+cluster://a:7000,b:port', /must name hosts/],
    ['redis://a,b', /redis\+cluster/],
    ['redis://a/name', /number of a database/],
    ['redis+cluster://a/1', /no database but 0/],
    ['redis+sentinel://a:26379', /name of the master/],
    ['redis+sentinel://a/main/x', /name of the master/],
    ['redis://user:50%@a', /percent-encoded/],
  ])('may not be %s', (url, sentence) => {
    expect(parseRedisUrl(url)).toEqual({ fault: expect.stringMatching(sentence) });
  });

  it('does not show its password when it is wrong', () => {
    const url = 'redis+sentinel://user:hush-hush@sentinel.example.com';
    expect(JSON.stringify(parseRedisUrl(url))).not.toContain('hush');
  });
});
