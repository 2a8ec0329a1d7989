// What idle WebSockets cost: a server before the first one, with a thousand of them, and after each has been answered once.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { memoryOf } from '../machine.ts';
import { temporaryFolder } from '../processes.ts';
import { pinServer, startPortaria } from '../servers.ts';
import type { Ground } from '../stage.ts';
import { limitRow, whole, type Row } from '../table.ts';

const MEGABYTES = 40;
/** Below what one address may open. */
const PER_ADDRESS = 100;
const AT_ONCE = 50;
const MESSAGE = '{"type":"auth","payload":{"action":"refresh","client_id":"nobody","refresh_token":"none"}}';

export async function measureSockets({ plan, cores, say }: Ground): Promise<Row[]> {
  const portaria = await startPortaria(temporaryFolder(), { settings: { TRUSTED_PROXIES: '127.0.0.1' } });
  pinServer(portaria, cores);
  await sleep(plan.settleSeconds * 1000);
  const before = memoryOf(portaria.pid).rssMegabytes;
  const more = async () => {
    await sleep(plan.settleSeconds * 1000);
    return memoryOf(portaria.pid).rssMegabytes - before;
  };
  say(`sockets: ${whole(plan.sockets)} are opened …`);
  const url = `ws://127.0.0.1:${portaria.port}/api/auth/ws`;
  const sockets: WebSocket[] = [];
  while (sockets.length < plan.sockets) {
    const some = Array.from({ length: Math.min(AT_ONCE, plan.sockets - sockets.length) }, (_, n) => {
      const place = Math.floor((sockets.length + n) / PER_ADDRESS);
      return new WebSocket(url, { headers: { 'x-forwarded-for': `192.0.2.${place % 256}` } });
    });
    await Promise.all(some.map((socket) => once(socket, 'open')));
    sockets.push(...some);
  }
  const opened = await more();
  for (let first = 0; first < sockets.length; first += AT_ONCE) {
    await Promise.all(
      sockets.slice(first, first + AT_ONCE).map(async (socket) => {
        socket.send(MESSAGE);
        await once(socket, 'message');
      }),
    );
  }
  const answered = await more();
  const isWhole = sockets.every(({ readyState }) => readyState === WebSocket.OPEN);
  for (const socket of sockets) socket.terminate();
  await portaria.stop();
  if (!isWhole) throw new Error('a socket was closed while nobody meant to');
  const many = `${whole(plan.sockets)} WebSockets`;
  return [
    {
      ...limitRow(`memory (RSS) for ${many}`, opened, MEGABYTES, 'MB'),
      note: `${whole(before)} MB without one; the library for them is loaded with the first`,
    },
    limitRow(`memory (RSS) for ${many}, each answered once`, answered, MEGABYTES, 'MB'),
  ];
}
