import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';

import { assetUrl, findAsset, findViewsDirectory } from '../../src/http/assets.ts';
import { findBrandStyle } from '../../src/http/client-look.ts';
import { createRenderer, languageLinks } from '../../src/http/render.ts';
import { languages, phrasesIn } from '../../src/phrases.ts';
import type { SignInPage } from '../../src/views.ts';
import { listSamples, samplePages } from './sample-pages.ts';

const render = createRenderer({ issuer: 'https://id.example.com' });
const english = { language: 'en' } as const;
const hostile = `"><script>alert(1)</script>'&`;

const signInPage: SignInPage = {
  action: '/interaction/example/password',
  csrf: 'example-csrf-token',
  login: '',
  clientName: 'Example Tickets',
  connectors: [],
};

function tags(html: string, name: string): string[] {
  return html.match(new RegExp(`<${name}\\b[^>]*>`, 'g')) ?? [];
}

function attribute(tag: string, name: string): string | undefined {
  return new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
}

describe.each(listSamples())('the page $view ($state)', ({ view, data, frame }) => {
  it.each(languages)('is complete in %s', (language) => {
    const html = render(view, data, {
      language,
      languageLinks: languageLinks('/example', language),
      ...frame,
    });
    expect(html).toMatch(/^<!doctype html>/);
    expect(html).toContain(`<html lang="${language}">`);
    expect(html).toMatch(/<title>[^<]+ · Portaria<\/title>/);
    expect(tags(html, 'h1')).toHaveLength(1);
    expect(html).not.toMatch(/undefined|\[object|NaN|=> /);
  });

  it('obeys a Content-Security-Policy without inline code or outside addresses', () => {
    const html = render(view, data, { ...english, ...frame });
    expect(html).not.toMatch(/\sstyle=|\son[a-z]+=|<style|javascript:/i);
    for (const script of tags(html, 'script'))
      expect(findAsset(attribute(script, 'src') ?? '')).toBeDefined();
    for (const link of tags(html, 'link')) {
      // Waits for the end of the page; loads nothing.
      if (attribute(link, 'rel') === 'expect') continue;
      const href = attribute(link, 'href') ?? '';
      const [, digits = '', digest = ''] = /^\/brand\/(\w+)\.(\w+)\.css$/.exec(href) ?? [];
      expect(findAsset(href) ?? findBrandStyle(digits, digest)).toBeDefined();
    }
    for (const image of tags(html, 'img')) {
      expect(attribute(image, 'src')).toMatch(/^\/client-logos\/[0-9a-f]{64}$/);
      // Its place is kept before it is there; the name beside it says whose it is.
      expect(image).toMatch(/ alt="" width="48" height="48"/);
    }
  });

  it('labels every input, says how to fill it and ties what is said about it to it', () => {
    const html = render(view, data, english);
    const ids = [...html.matchAll(/\sid="([^"]*)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
    for (const input of tags(html, 'input')) {
      if (attribute(input, 'type') === 'hidden') continue;
      expect(html).toContain(`<label for="${attribute(input, 'id')}">`);
      expect(attribute(input, 'autocomplete')).toBeTruthy();
      for (const id of attribute(input, 'aria-describedby')?.split(' ') ?? []) expect(ids).toContain(id);
    }
  });

  it('posts every form with a token', () => {
    const html = render(view, data, english);
    const forms = html.match(/<form\b[\s\S]*?<\/form>/g) ?? [];
    for (const form of forms) {
      expect(form).toContain('method="post"');
      expect(form).toMatch(/<input type="hidden" name="(?:csrf|xsrf)" value="[^"]+">/);
    }
  });
});

describe('the pages', () => {
  it('have a sample for every template', () => {
    const templates = readdirSync(findViewsDirectory(), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.eta') && !/^(partials|mail)/.test(file))
      .map((file) => file.slice(0, -'.eta'.length));
    expect(Object.keys(samplePages).sort()).toEqual(templates.sort());
  });

  it('escape what comes from outside, in text and in attributes', () => {
    const pages = [
      render(
        'interaction/sign-in',
        {
          ...signInPage,
          clientName: hostile,
          login: hostile,
          connectors: [{ id: hostile, label: hostile, action: hostile }],
          fault: { message: hostile },
        },
        english,
      ),
      render(
        'interaction/consent',
        {
          action: hostile,
          csrf: hostile,
          clientName: hostile,
          isNative: false,
          isThirdParty: true,
          redirectHost: hostile,
          person: { name: hostile, email: hostile },
          scopes: [{ name: hostile }],
        },
        english,
      ),
      render(
        'device/confirm',
        {
          action: '/device',
          xsrf: hostile,
          programName: hostile,
          userCode: hostile,
          requestedFrom: { ip: hostile, userAgent: hostile },
        },
        english,
      ),
      render('error', { status: 400, code: hostile, requestId: hostile, clientId: hostile }, english),
    ];
    for (const html of pages) {
      expect(html).not.toContain('<script>');
      expect(html).not.toContain(hostile);
      expect(html).toContain('&lt;script&gt;');
    }
  });

  it('name the issuer’s host, with its port', () => {
    const local = createRenderer({ issuer: 'http://localhost:3000' });
    expect(local('logout/done', {}, english)).toContain('localhost:3000');
  });

  it('show no language switch when the frame has no links', () => {
    expect(render('logout/done', {}, english)).not.toContain('<nav');
  });
});

describe('signing in', () => {
  it('puts the connectors before the form, and a divider between', () => {
    const html = render(
      'interaction/sign-in',
      {
        ...signInPage,
        connectors: [{ id: 'github', label: 'GitHub', action: '/interaction/example/github' }],
      },
      english,
    );
    expect(html.indexOf('Continue with GitHub')).toBeLessThan(html.indexOf('class="or"'));
    expect(html.indexOf('class="or"')).toBeLessThan(html.indexOf('name="password"'));
  });

  it('is just the form without connectors', () => {
    expect(render('interaction/sign-in', signInPage, english)).not.toContain('class="or"');
  });

  it('keeps the login that was typed and never shows a password again', () => {
    const html = render('interaction/sign-in', { ...signInPage, login: 'ana@example.com' }, english);
    expect(html).toContain('value="ana@example.com"');
    expect(
      attribute(tags(html, 'input').find((tag) => tag.includes('"password"')) ?? '', 'value'),
    ).toBeUndefined();
  });

  it('stands a fault beside its field and moves the cursor there', () => {
    const html = render(
      'interaction/sign-in',
      { ...signInPage, fault: { field: 'password', message: 'Enter your password.' } },
      english,
    );
    const input = tags(html, 'input').find((tag) => attribute(tag, 'name') === 'password') ?? '';
    expect(input).toContain('aria-invalid="true"');
    expect(input).toMatch(/ autofocus>/);
    expect(html).toContain('<p class="fault" id="password-fault">Enter your password.</p>');
    expect(html).toContain('<title>Error: Sign in');
  });

  it('stands a fault of the whole form above it, where it is read aloud', () => {
    const html = render(
      'interaction/sign-in',
      { ...signInPage, fault: { message: 'Both are wrong.' } },
      english,
    );
    expect(html).toContain('role="alert">Both are wrong.</p>');
    expect(html).not.toContain('aria-invalid');
  });
});

describe('consent', () => {
  const consent = samplePages['interaction/consent']['third-party'];

  it('says what is asked for in words, and by name where it has none', () => {
    if (consent === undefined) throw new Error('The sample is missing.');
    const html = render(
      'interaction/consent',
      { ...consent, scopes: [{ name: 'email' }, { name: 'constructor' }, { name: 'a', title: 'Do A' }] },
      english,
    );
    expect(html).toContain('See your e-mail address');
    expect(html).toContain('<span class="title">constructor</span>');
    expect(html).toContain('<span class="title">Do A</span>');
  });
});

describe('the error page', () => {
  it('gives developers the reference and no link to the address that is not registered', () => {
    const html = render(
      'error',
      {
        status: 400,
        code: 'unregistered_redirect_uri',
        requestId: 'example-request',
        clientId: 'example-client',
      },
      english,
    );
    expect(html).toContain('redirect_uri');
    expect(html).toContain('example-request');
    expect(html).toContain('example-client');
    expect(tags(html, 'a')).toEqual([]);
  });

  it.each([
    [404, 'not_found'],
    [429, 'too_many_requests'],
    [503, 'temporarily_unavailable'],
    [502, 'server_error'],
    [400, 'invalid_request'],
  ] as const)('has words for status %i when it has none for the code', (status, code) => {
    const html = render('error', { status, code: 'toString', requestId: 'example' }, english);
    expect(html).toContain(phrasesIn('en').errors[code].title);
  });
});

describe('the language links', () => {
  it('lead to the same page and keep its query', () => {
    const links = languageLinks('/interaction/example?prompt=login&ui_locales=ko', 'ko');
    expect(links.map((link) => link.href)).toEqual([
      '/interaction/example?prompt=login&ui_locales=en',
      '/interaction/example?prompt=login&ui_locales=pt-BR',
      '/interaction/example?prompt=login&ui_locales=ko',
    ]);
    expect(links.map((link) => link.current)).toEqual([false, false, true]);
  });

  it.each(['//evil.example/x', '/\\evil.example', '//[', '', 'https://evil.example'])(
    'never leave the server (%s)',
    (path) => {
      for (const link of languageLinks(path, 'en')) {
        expect(new URL(link.href, 'https://id.example.com').origin).toBe('https://id.example.com');
      }
    },
  );
});

describe('the assets', () => {
  it('carry the hash of their content in their address and are found by it', () => {
    expect(assetUrl('style.css')).toMatch(/^\/assets\/style\.[0-9a-f]{12}\.css$/);
    const asset = findAsset(assetUrl('style.css'));
    expect(asset?.contentType).toBe('text/css; charset=utf-8');
    expect(asset?.etag).toMatch(/^"[0-9a-f]{12}"$/);
  });

  it('name each other by address', () => {
    const style = findAsset(assetUrl('style.css'))?.body.toString('utf8');
    expect(style).toContain(`url("${assetUrl('tile.svg')}")`);
    expect(style).not.toContain('/*');
  });

  it('are nothing else than the files of the folder', () => {
    for (const path of ['/assets/style.css', '/assets/../setup.eta', '/assets/', '__proto__', '']) {
      expect(findAsset(path)).toBeUndefined();
    }
    expect(() => assetUrl('missing.css')).toThrow('missing.css');
  });

  it('are found from the built folder as well', () => {
    expect(findViewsDirectory(join(import.meta.dirname, '../../dist/src/http'))).toBe(findViewsDirectory());
  });

  it('make no page heavier than 30 kB, uncompressed', () => {
    const shared = ['style.css', 'page.js', 'icon.svg', 'tile.svg']
      .map((name) => findAsset(assetUrl(name))?.body.length ?? 0)
      .reduce((sum, bytes) => sum + bytes);
    for (const { view, data } of listSamples()) {
      for (const language of languages) {
        expect(Buffer.byteLength(render(view, data, { language })) + shared).toBeLessThan(30_000);
      }
    }
  });
});
