// A server that a terminal signs in at and that is none of ours: it answers each path as a test says, or not at all.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Answer {
  status?: number;
  /** As it is, or as JSON. */
  body: unknown;
}

export interface PretendElsewhere {
  url: string;
  /** By path; `silence` for one that is never answered. */
  answers: Record<string, Answer | 'silence'>;
  /** A device code with these fields instead of the usual ones. */
  offerDevice(fields: object): void;
  /** Resolves when this path is asked for the next time. */
  asked(path: string): Promise<void>;
  close(): Promise<void>;
}

export async function startElsewhere(): Promise<PretendElsewhere> {
  const answers: PretendElsewhere['answers'] = {};
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    server.emit(`asked ${path}`);
    const answer = answers[path] ?? { status: 404, body: {} };
    if (answer === 'silence') return;
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' });
    response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const endpoints = {
    token_endpoint: `${url}/token`,
    device_authorization_endpoint: `${url}/device`,
    revocation_endpoint: `${url}/revoke`,
  };
  answers['/.well-known/oauth-authorization-server'] = { body: { issuer: url, ...endpoints } };
  return {
    url,
    answers,
    offerDevice(fields) {
      const usual = { device_code: 'a-device-code', user_code: 'WDJB-MJHT', expires_in: 600, interval: 1 };
      answers['/device'] = { body: { ...usual, verification_uri: `${url}/page`, ...fields } };
    },
    async asked(path) {
      await once(server, `asked ${path}`);
    },
    async close() {
      server.close().closeAllConnections();
      await once(server, 'close');
    },
  };
}
