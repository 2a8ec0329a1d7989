// What the commands that sign a person in learn from the environment: whose folder, which server, whether there is a browser
// to open. They belong to whoever types them: of the server's settings (src/config.ts) they read none.
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

export interface UserConfig {
  /** For what is kept: by the custom of the system, one for each person. */
  folder: string;
  /** `PORTARIA_ISSUER`: which server, where no option says so. */
  issuer: string | undefined;
  /** A desktop, and one that the person sits at. */
  hasBrowser: boolean;
}

export function readUserConfig(): UserConfig {
  const { PORTARIA_ISSUER, DISPLAY, WAYLAND_DISPLAY, SSH_CONNECTION } = process.env;
  const isDesktop = process.platform !== 'linux' || Boolean(DISPLAY ?? WAYLAND_DISPLAY);
  return {
    folder: join(configFolder(), 'portaria'),
    issuer: PORTARIA_ISSUER || undefined,
    hasBrowser: isDesktop && !SSH_CONNECTION,
  };
}

/** XDG Base Directory Specification: what is not absolute is ignored. */
function configFolder(): string {
  const { XDG_CONFIG_HOME = '', APPDATA = '' } = process.env;
  if (isAbsolute(XDG_CONFIG_HOME)) return XDG_CONFIG_HOME;
  if (process.platform === 'win32') return APPDATA || join(homedir(), 'AppData', 'Roaming');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support');
  return join(homedir(), '.config');
}
