// How long it takes from the first instruction to the first answer: with a new folder, and with one that is there.
import { median } from '../rounds.ts';
import { removeFolder, temporaryFolder } from '../processes.ts';
import { startPortaria } from '../servers.ts';
import type { Ground } from '../stage.ts';
import { limitRow, type Row } from '../table.ts';

const FIRST_SECONDS = 5;
const LATER_SECONDS = 1.5;

export async function measureStarts({ plan, say }: Ground): Promise<Row[]> {
  const first: number[] = [];
  const later: number[] = [];
  for (let start = 0; start < plan.starts; start += 1) {
    say(`start ${start + 1} of ${plan.starts} …`);
    const folder = temporaryFolder();
    for (const [list, isFirst] of [[first, true] as const, [later, false] as const]) {
      const portaria = await startPortaria(folder, { isFirst });
      list.push(portaria.startMilliseconds / 1000);
      await portaria.stop();
    }
    removeFolder(folder);
  }
  return [
    limitRow('first start, new DATA_DIR, nothing compiled', median(first), FIRST_SECONDS, 's', 2),
    limitRow('later starts', median(later), LATER_SECONDS, 's', 2),
  ];
}
