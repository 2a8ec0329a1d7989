// An example MCP server as somebody else would write it, with the library of the protocol: one tool, which says who asks. It
// sends whoever has no token to the authorization server (RFC 9728), and asks that one about tokens (RFC 7662).
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';

export interface ExampleMcpServer {
  /** Its address, which is also its resource identifier. */
  url: string;
  stop(): Promise<void>;
}

interface Settings {
  issuer: string;
  scopes: string[];
  /** With which it introspects. */
  client: { id: string; secret: string };
}

export async function startMcpServer({ issuer, scopes, client }: Settings): Promise<ExampleMcpServer> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  const url = `${origin}/mcp`;
  const documentPath = '/.well-known/oauth-protected-resource/mcp';

  async function subjectOf(request: IncomingMessage): Promise<string | undefined> {
    const token = request.headers.authorization?.replace(/^Bearer /, '');
    if (!token) return undefined;
    const answer = await fetch(`${issuer}/oauth/introspect`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}` },
      body: new URLSearchParams({ token }),
    });
    const told = (await answer.json()) as { active: boolean; sub?: string; aud?: string; scope?: string };
    const isForUs = told.active && told.aud === url && told.scope?.split(' ').includes(scopes[0] ?? '');
    return isForUs ? told.sub : undefined;
  }

  server.on('request', (request, response) => {
    void (async () => {
      if (request.url === documentPath) {
        response.setHeader('content-type', 'application/json');
        response.end(
          JSON.stringify({ resource: url, authorization_servers: [issuer], scopes_supported: scopes }),
        );
        return;
      }
      const subject = await subjectOf(request);
      if (subject === undefined) {
        response.setHeader('www-authenticate', `Bearer resource_metadata="${origin}${documentPath}"`);
        response.writeHead(401).end();
        return;
      }
      const mcp = new McpServer({ name: 'example-notes', version: '1.0.0' });
      mcp.registerTool('whoami', { description: 'Who asks' }, () => ({
        content: [{ type: 'text', text: subject }],
      }));
      const transport = new StreamableHTTPServerTransport({});
      await mcp.connect(transport);
      await transport.handleRequest(request, response);
    })();
  });
  return {
    url,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
