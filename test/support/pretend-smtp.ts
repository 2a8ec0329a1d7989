// A mail server as far as RFC 5321 needs one here: takes what it is sent, or refuses as often as it is told to.
import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

export interface PretendSmtp {
  url: string;
  /** What arrived: the envelope's recipients and the message. */
  received: { recipients: string[]; message: string }[];
  /** So many of the next messages are refused for a while (421). */
  refuseNext(count: number): void;
  close(): Promise<void>;
}

export async function startPretendSmtp(): Promise<PretendSmtp> {
  const received: PretendSmtp['received'] = [];
  const sockets = new Set<Socket>();
  let refusals = 0;

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
    let recipients: string[] = [];
    let message: string | undefined;
    let rest = '';
    const say = (line: string) => socket.write(`${line}\r\n`);
    say('220 pretend.example.com ESMTP');
    socket.on('data', (chunk) => {
      rest += chunk.toString('latin1');
      const lines = rest.split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) hear(line);
    });
    function hear(line: string): void {
      if (message !== undefined) {
        if (line !== '.') message += `${line}\r\n`;
        else {
          received.push({ recipients, message });
          [message, recipients] = [undefined, []];
          say('250 taken');
        }
        return;
      }
      const verb = line.slice(0, 4).toUpperCase();
      if (verb === 'RCPT') recipients.push(/<([^>]*)>/.exec(line)?.[1] ?? '');
      if (verb === 'DATA' && refusals > 0) {
        refusals -= 1;
        say('451 later');
      } else if (verb === 'DATA') {
        message = '';
        say('354 go on');
      } else if (verb === 'QUIT') {
        socket.end('221 bye\r\n');
      } else say('250 pretend.example.com');
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    refuseNext(count) {
      refusals = count;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
