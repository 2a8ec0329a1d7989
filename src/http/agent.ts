// What a browser or a program calls itself (User-Agent, RFC 9110 §10.1.5) in words that its owner knows. A guess for people, and
// nothing that anything is decided by: anybody can call themselves anything.

import { AGENT_LENGTH } from '../audit/audit.ts';
import type { Phrases } from '../phrases.ts';

export interface Agent {
  /** "Firefox", or the name that a program gives itself. */
  name: string;
  /** "Windows"; undefined where the name says all there is. */
  system: string | undefined;
}

// In this order: each browser also names those before it whose pages it wants to be served.
const BROWSERS: readonly [RegExp, string][] = [
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\bOPR\/|\bOpera\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bWhale\//, 'Whale'],
  [/\bKAKAOTALK\b/, 'KakaoTalk'],
  [/\bNAVER\(/, 'NAVER'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/\bChrome\/|\bCriOS\/|\bChromium\//, 'Chrome'],
  [/\bVersion\/[\d.]+.*\bSafari\//, 'Safari'],
];

const SYSTEMS: readonly [RegExp, string][] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b|\bMacintosh\b/, 'macOS'],
  [/\bLinux\b/, 'Linux'],
];

const NAME_MAX_LENGTH = 40;

/** Undefined when it says nothing about itself. */
export function describeAgent(userAgent: string | undefined): Agent | undefined {
  const text = userAgent
    ?.slice(0, AGENT_LENGTH)
    .replaceAll(/\p{C}+/gu, ' ')
    .trim();
  if (!text) return undefined;
  const system = SYSTEMS.find(([pattern]) => pattern.test(text))?.[1];
  const browser = BROWSERS.find(([pattern]) => pattern.test(text))?.[1];
  if (browser !== undefined) return { name: browser, system };
  // A program: its name stands before its version.
  const [name = text] = text.split(/[/(]/, 1);
  return {
    name: Array.from(name.trim() || text)
      .slice(0, NAME_MAX_LENGTH)
      .join(''),
    system,
  };
}

/** As `deviceName`, but in none of a stranger's own words: for what we put our name to. */
export function browserName(userAgent: string | undefined, t: Phrases): string {
  const isBrowser = BROWSERS.some(([pattern]) => pattern.test(userAgent ?? ''));
  return isBrowser ? deviceName(userAgent, t) : t.account.sessions.unknownDevice;
}

/** "Firefox on Windows", in the person's language. */
export function deviceName(userAgent: string | undefined, { account: t }: Phrases): string {
  const agent = describeAgent(userAgent);
  return agent ? t.sessions.device([agent.name, agent.system ?? '']) : t.sessions.unknownDevice;
}
