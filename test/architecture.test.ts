// The rules of the house that a machine can hold: imports point one way, each table has one home, the environment one
// reader, and no file grows out of sight.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { migrations } from '../migrations/index.ts';

const ROOMS = [
  'base',
  'audit',
  'connectors',
  'accounts',
  'outbox',
  'oidc',
  'tokens',
  'polling',
  'http',
  'routes',
  'cli',
];

interface Source {
  path: string;
  text: string;
  imports: { specifier: string; isType: boolean }[];
}

const sources: Source[] = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => {
    const path = join('src', file);
    const text = readFileSync(path, 'utf8');
    const imports = [...text.matchAll(/^(?:import|export) (type )?[^;]*?from '([^']+)'/gms)].map(
      ([, type, specifier = '']) => ({
        specifier,
        isType: type !== undefined,
      }),
    );
    return { path, text, imports };
  });

function roomOf(path: string): number {
  return ROOMS.indexOf(path.split('/')[1] ?? '');
}

describe('the house', () => {
  it('imports from the left only', () => {
    const wrong = sources.flatMap(({ path, imports }) =>
      imports
        .filter(({ specifier }) => specifier.startsWith('.'))
        .map(({ specifier }) => join(path, '..', specifier))
        .filter((target) => roomOf(path) >= 0 && roomOf(target) > roomOf(path))
        .map((target) => `${path} → ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('imports in no circle, not even types', () => {
    const targets = new Map(
      sources.map(({ path, imports }) => [
        path,
        imports
          .filter(({ specifier }) => specifier.startsWith('.'))
          .map(({ specifier }) => join(path, '..', specifier)),
      ]),
    );
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (path: string, way: readonly string[]): void => {
      if (way.includes(path)) return void circles.push([...way.slice(way.indexOf(path)), path].join(' → '));
      if (done.has(path)) return;
      for (const target of targets.get(path) ?? []) visit(target, [...way, path]);
      done.add(path);
    };
    for (const path of targets.keys()) visit(path, []);
    expect(circles).toEqual([]);
  });

  it('knows Koa in http/, routes/ and app.ts only; elsewhere as a type at most', () => {
    const wrong = sources.filter(
      ({ path, imports }) =>
        !/^src\/(http|routes)\/|^src\/app\.ts$/.test(path) &&
        imports.some(
          ({ specifier, isType }) => /^(koa|@koa\/router|koa-compose)$/.test(specifier) && !isType,
        ),
    );
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it('writes SQL in stores and in the adapter only', () => {
    const sql =
      /`\s*(select|insert into|update|delete from)\s|'(select|insert into|update \w+ set|delete from)\s/i;
    const homes =
      /-store\.ts$|^src\/oidc\/adapter(-sql)?\.ts$|^src\/base\/(database|news|unit-of-work|migrate|sweep|throttle|embedded-postgres[a-z-]*)\.ts$/;
    expect(
      sources.filter(({ path, text }) => sql.test(text) && !homes.test(path)).map(({ path }) => path),
    ).toEqual([]);
  });

  it('reads the environment in config.ts only', () => {
    // The watchdog and its starter pass their own environment on; they read no setting from it.
    const wrong = sources.filter(
      ({ path, text }) =>
        /process\.env\b/.test(text) && !/config\.ts$|embedded-postgres|^src\/main\.ts$/.test(path),
    );
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it('opens every file by saying what it owns, and keeps it under 320 lines', () => {
    for (const { path, text } of sources) {
      expect([path, text.startsWith('//') || text.startsWith('#!')]).toEqual([path, true]);
      if (!path.startsWith('src/phrases/'))
        expect([path, text.split('\n').length < 320]).toEqual([path, true]);
    }
  });

  it('has no default export, no barrel and no room for leftovers', () => {
    expect(sources.filter(({ text }) => /^export default/m.test(text)).map(({ path }) => path)).toEqual([]);
    expect(
      sources
        .filter(({ path }) => /(utils|helpers|common|shared|manager)\.ts$/.test(path))
        .map(({ path }) => path),
    ).toEqual([]);
  });

  it('lists every migration, in order', () => {
    const files = readdirSync('migrations')
      .filter((file) => /^\d/.test(file))
      .map((file) => file.replace('.ts', ''));
    expect([...migrations.keys()]).toEqual(files.sort());
  });
});
