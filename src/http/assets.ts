// Owns the files that pages load: read once, named by the hash of their content (so they may be cached for ever), found
// by path. The headers of the answer belong to the route that serves them.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';

export interface Asset {
  body: Buffer;
  contentType: string;
  /** Quoted, as it stands in the header. */
  etag: string;
}

const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
};

/** `views/` beside `src/`, whether this runs from `src/` or from `dist/src/`. */
export function findViewsDirectory(from: string = import.meta.dirname): string {
  for (let directory = from; ; directory = dirname(directory)) {
    const views = join(directory, 'views');
    if (existsSync(join(views, 'assets'))) return views;
    if (directory === dirname(directory)) throw new Error(`There is no folder "views" above ${from}.`);
  }
}

const urls = new Map<string, string>();
const assets = new Map<string, Asset>();

function add(fileName: string, body: Buffer): void {
  const extension = extname(fileName);
  const contentType = contentTypes[extension];
  if (contentType === undefined)
    throw new Error(`views/assets/${fileName}: no content type for ${extension}.`);
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 12);
  const url = `/assets/${fileName.slice(0, -extension.length)}.${hash}${extension}`;
  urls.set(fileName, url);
  assets.set(url, { body, contentType, etag: `"${hash}"` });
}

function load(directory: string): void {
  // Style sheets come last: they name other files as url("tile.svg"), whose hashes must be known by then.
  const names = readdirSync(directory).sort(
    (a, b) => Number(a.endsWith('.css')) - Number(b.endsWith('.css')),
  );
  for (const name of names) {
    const body = readFileSync(join(directory, name));
    if (name.endsWith('.css')) {
      add(
        name,
        Buffer.from(
          body
            .toString('utf8')
            // Comments are for whoever reads it here.
            .replace(/\/\*.*?\*\/\n*/gs, '')
            .replace(/url\("([^":]+)"\)/g, (_, file) => `url("${assetUrl(file)}")`),
        ),
      );
    } else {
      add(name, body);
    }
  }
}

load(join(findViewsDirectory(), 'assets'));

/** The content-hashed path of a file in `views/assets`. Throws for a file that is not there. */
export function assetUrl(fileName: string): string {
  const url = urls.get(fileName);
  if (url === undefined) throw new Error(`There is no asset views/assets/${fileName}.`);
  return url;
}

/** By the path of the request. An asset never changes under its path: cache it as immutable. */
export function findAsset(path: string): Asset | undefined {
  return assets.get(path);
}
