// How pretend upstreams answer: JSON, and every way of not doing their part.
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** What a path does instead of its work. */
export type Lie =
  | 'forbidden'
  | 'limited'
  | '500'
  | 'not JSON'
  | 'null'
  | 'silence'
  | 'endless'
  | 'redirect'
  | 'cut off';

export function tell(lie: Lie, response: ServerResponse): void {
  switch (lie) {
    case 'forbidden':
      return json(response, 403, { message: 'Resource not accessible by integration' });
    case 'limited':
      response.setHeader('x-ratelimit-remaining', '0');
      return json(response, 403, { message: 'API rate limit exceeded' });
    case '500':
      return json(response, 500, { message: 'Server Error' });
    case 'not JSON':
      return void response.end('<html>Unicorn!</html>');
    case 'null':
      return json(response, 200, null);
    case 'redirect':
      return void response.writeHead(302, { location: '/elsewhere' }).end();
    case 'cut off':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
      response.write('{"id":');
      setImmediate(() => response.destroy());
      return;
    case 'endless':
      return pour(response);
    case 'silence':
      return;
  }
}

/** Spaces for ever; JSON allows them. */
function pour(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  const spaces = ' '.repeat(64 * 1024);
  const more = () => {
    while (!response.destroyed && response.write(spaces));
  };
  response.on('drain', more);
  more();
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
}

/** RFC 7636 §4.2. */
export function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}

export async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
