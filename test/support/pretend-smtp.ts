// A mail server as far as RFC 5321 needs one here: takes what it is sent, or refuses as often as it is told to.
import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

export interface PretendSmtp {
  url: string;
  /** What arrived: the envelope's recipients and the message. */
  received: { recipients: string[]; message: string }[];
  /** So many of the next messages are refused, as they are after DATA: for a while, if it is not told otherwise. */
  refuseNext(count: number, answer?: string): void;
  /** What is answered to a recipient from now on, such as "550 no such mailbox"; "silence": nothing. */
  refuse(recipient: string, answer: string): void;
  close(): Promise<void>;
}

/** `port`: a free one, if none is told. */
export async function startPretendSmtp(port = 0): Promise<PretendSmtp> {
  const received: PretendSmtp['received'] = [];
  const sockets = new Set<Socket>();
  const refused = new Map<string, string>();
  let refusals = 0;
  let refusal = '';

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
      const recipient = verb === 'RCPT' ? (/<([^>]*)>/.exec(line)?.[1] ?? '') : undefined;
      const answer = recipient !== undefined && refused.get(recipient);
      if (answer === 'silence') return;
      if (answer) return void say(answer);
      if (recipient !== undefined) recipients.push(recipient);
      if (verb === 'MAIL') recipients = [];
      if (verb === 'DATA' && refusals > 0) {
        refusals -= 1;
        say(refusal);
      } else if (verb === 'DATA') {
        message = '';
        say('354 go on');
      } else if (verb === 'QUIT') {
        socket.end('221 bye\r\n');
      } else say('250 pretend.example.com');
    }
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    refuseNext(count, answer = '451 later') {
      refusals = count;
      refusal = answer;
    },
    refuse: (recipient, answer) => void refused.set(recipient, answer),
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
