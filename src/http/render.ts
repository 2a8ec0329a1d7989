// Owns the way from a template's name and data to a page's HTML. Templates are compiled once, at start. It knows nothing
// of requests: which language, which status and which headers is for the routes.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Eta } from 'eta';

import {
  type ErrorPhrases,
  type Language,
  languageNames,
  languages,
  type Phrases,
  phrasesIn,
} from '../phrases.ts';
import type { LanguageLink, PageFrame, Views } from '../views.ts';
import { assetUrl, findViewsDirectory } from './assets.ts';

export type Render = <N extends keyof Views>(name: N, data: Views[N], frame: PageFrame) => string;

/** What a template sees as `it`, besides what it hands to its partials. */
interface TemplateScope {
  data: Views[keyof Views];
  t: Phrases;
  frame: PageFrame;
  issuer: string;
  issuerHost: string;
  asset: typeof assetUrl;
  /** Our words for a scope, or undefined for a scope that is not ours. */
  scopePhrases: (name: string) => { title: string; detail: string } | undefined;
  errorPhrases: (code: string, status: number) => ErrorPhrases;
}

export function createRenderer(options: { issuer: string }): Render {
  const eta = new Eta({ useWith: false, autoEscape: true, cache: true, rmWhitespace: true });
  const views = findViewsDirectory();
  for (const file of readdirSync(views, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.eta')) continue;
    // An @ before the name: eta then asks its cache alone and never the disk.
    eta.loadTemplate(
      `@${file.slice(0, -'.eta'.length).replaceAll('\\', '/')}`,
      readFileSync(join(views, file), 'utf8'),
    );
  }
  const { host } = new URL(options.issuer);

  return (name, data, frame) => {
    const t = phrasesIn(frame.language);
    const scope: TemplateScope = {
      data,
      t,
      frame,
      issuer: options.issuer,
      issuerHost: host,
      asset: assetUrl,
      scopePhrases: (scopeName) => ownEntry(t.scopes, scopeName),
      errorPhrases: (code, status) => errorPhrases(t, code, status),
    };
    return eta.render(`@${name}`, scope);
  };
}

/** Words for a code; one that we have no words for gets those of its status. */
function errorPhrases(t: Phrases, code: string, status: number): ErrorPhrases {
  return ownEntry(t.errors, code) ?? t.errors[codeOfStatus(status)];
}

function codeOfStatus(status: number): keyof Phrases['errors'] {
  if (status === 403) return 'access_denied';
  if (status === 404) return 'not_found';
  if (status === 410) return 'link_expired';
  if (status === 413) return 'request_too_large';
  if (status === 429) return 'too_many_requests';
  if (status === 503) return 'temporarily_unavailable';
  return status >= 500 ? 'server_error' : 'invalid_request';
}

/** Codes and scopes come from outside: `constructor` is not one of them. */
function ownEntry<T>(entries: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(entries, key) ? entries[key] : undefined;
}

/** The links of the language switch: the same page (path and query) with `ui_locales` set to each language. */
export function languageLinks(pathAndQuery: string, current: Language): LanguageLink[] {
  const [path = '', query = ''] = pathAndQuery.split('?', 2);
  // Two slashes at the beginning would make the rest another host.
  const ownPath = `/${path.replace(/^[/\\]+/, '')}`;
  return languages.map((language) => {
    const parameters = new URLSearchParams(query);
    parameters.set('ui_locales', language);
    return {
      language,
      label: languageNames[language],
      href: `${ownPath}?${parameters.toString()}`,
      current: language === current,
    };
  });
}
