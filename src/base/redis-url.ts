// What REDIS_URL may look like: one server, a cluster, or a master that sentinels know. The forms for several hosts are no
// URLs to the standard (RFC 3986 has one host), so they are taken apart here.
export interface RedisLogin {
  username?: string;
  password?: string;
}

export type RedisTarget = { login: RedisLogin; hasTls: boolean } & (
  | { form: 'single'; url: string }
  | { form: 'cluster'; hosts: RedisHost[] }
  | { form: 'sentinel'; hosts: RedisHost[]; master: string; database: number; sentinelLogin: RedisLogin }
);

export interface RedisHost {
  host: string;
  port: number;
}

/** What is wrong, in words that follow the name of the setting; holds nothing of the URL, which may have a password. */
export interface RedisUrlFault {
  fault: string;
}

const FORM = /^redis(s?)(?:\+(cluster|sentinel))?:\/\/(?:([^@/?]*)@)?([^/?@]*)(?:\/([^?]*))?(?:\?(.*))?$/;
const REDIS_PORT = 6379;
const SENTINEL_PORT = 26_379;

/**
 * `redis://[user:password@]host[:port][/database]`, `redis+cluster://[user:password@]host[:port],…`,
 * `redis+sentinel://[user:password@]host[:port],…/master[/database]` with `?sentinel_username=` and `?sentinel_password=`
 * for the sentinels themselves; `rediss` for TLS. User and password are percent-encoded.
 */
export function parseRedisUrl(url: string): RedisTarget | RedisUrlFault {
  const [whole, tls, kind, userinfo = '', authority = '', path = '', query] = FORM.exec(url) ?? [];
  if (whole === undefined) {
    return {
      fault: 'must begin with redis://, redis+cluster:// or redis+sentinel:// (rediss… with TLS), then hosts',
    };
  }
  const login = loginOf(userinfo);
  if (!login) return { fault: 'has a user or a password that is not percent-encoded' };
  const common = { login, hasTls: tls === 's' };
  const hosts = hostsOf(authority, kind === 'sentinel' ? SENTINEL_PORT : REDIS_PORT);
  if (!hosts) return { fault: 'must name hosts as host or host:port, separated by commas' };

  if (kind === 'sentinel') {
    const [, master, database = '0'] = /^([\w.-]+)(?:\/(\d{1,4}))?$/.exec(path) ?? [];
    if (!master)
      return { fault: 'must end with the name of the master: redis+sentinel://host:26379/mymaster' };
    const sentinel = new URLSearchParams(query);
    const username = sentinel.get('sentinel_username');
    const password = sentinel.get('sentinel_password');
    const sentinelLogin = { ...(username && { username }), ...(password && { password }) };
    return { ...common, form: 'sentinel', hosts, master, database: Number(database), sentinelLogin };
  }
  if (kind === 'cluster') {
    if (path !== '' && path !== '0') return { fault: 'a cluster has no database but 0' };
    return { ...common, form: 'cluster', hosts };
  }
  if (hosts.length > 1) return { fault: 'names several hosts: a cluster is redis+cluster://' };
  if (!/^\d{0,4}$/.test(path)) return { fault: 'must end with the number of a database or nothing' };
  return { ...common, form: 'single', url };
}

function loginOf(userinfo: string): RedisLogin | undefined {
  const [, user = '', word] = /^([^:]*)(?::(.*))?$/.exec(userinfo) ?? [];
  try {
    const [username, password] = [decodeURIComponent(user), decodeURIComponent(word ?? '')];
    return { ...(username && { username }), ...(password && { password }) };
  } catch {
    return undefined;
  }
}

/** Undefined when one of them is none. */
function hostsOf(authority: string, defaultPort: number): RedisHost[] | undefined {
  const hosts = authority.split(',').map((text) => {
    const [, inBrackets, plain, port = String(defaultPort)] =
      /^(?:\[([0-9a-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/i.exec(text) ?? [];
    return { host: inBrackets ?? plain ?? '', port: Number(port) };
  });
  return hosts.every(({ host, port }) => host !== '' && port > 0 && port < 65_536) ? hosts : undefined;
}
