// What a fault looks like at the terminal: a sentence, or with --json { error, error_description }; never a stack,
// unless the fault is ours.
import { AppError } from '../base/errors.ts';
import { harmlessLines, toJson } from './output.ts';

export interface Explanation {
  code: string;
  sentence: string;
}

/** Whose messages were written for people. By name: importing the classes would cost every command their modules. */
const FOR_PEOPLE: Readonly<Record<string, string>> = {
  ConfigError: 'invalid_settings',
  SealError: 'invalid_settings',
  EmbeddedPostgresError: 'database_unavailable',
  NewsError: 'news_unavailable',
  WorkersError: 'workers_unavailable',
};

/** Undefined for what nobody foresaw. */
export function explain(error: unknown): Explanation | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof AppError) return explainRefusal(error);
  const code = FOR_PEOPLE[error.name];
  if (code !== undefined) return { code, sentence: error.message };
  return explainEngine(error) ?? explainDatabase(error) ?? explainSystem(error);
}

export function render({ code, sentence }: Explanation, isJson: boolean): string {
  return isJson
    ? `${toJson({ error: code, error_description: sentence })}\n`
    : `${harmlessLines(sentence)}\n`;
}

function explainRefusal(error: AppError): Explanation {
  const cause = error.status === 503 && error.cause instanceof Error ? error.cause : undefined;
  return (cause && explainDatabase(cause)) ?? { code: error.code, sentence: error.message };
}

/** The engine's opinion of a client's metadata. */
function explainEngine(error: Error): Explanation | undefined {
  const { error: code, error_description: description } = error as {
    error?: unknown;
    error_description?: unknown;
  };
  if (typeof code !== 'string' || typeof description !== 'string') return undefined;
  return { code, sentence: `The client's metadata is not valid: ${description}.` };
}

// SQLSTATE: who we are (28), which database (3D), it is full (53) or stopping (57P).
const UNUSABLE = /^(28...|3D000|53...|57P..)$/;
const NETWORK = /^(connect|getaddrinfo|read|write)$/;
/** Files are read and written as well. */
const FILE = /^(EISDIR|ENOSPC|EDQUOT|EFBIG|EROFS)$/;

function explainDatabase(error: Error): Explanation | undefined {
  const { code = '', syscall = '', message, name } = error as NodeJS.ErrnoException;
  const isSilent = name === 'KnexTimeoutError';
  const isNetwork = NETWORK.test(syscall) && !FILE.test(code);
  if (!isSilent && !isNetwork && !UNUSABLE.test(code)) return undefined;
  return {
    code: 'database_unavailable',
    sentence: `The database cannot be used: ${isSilent ? 'it does not answer' : message}. Check DATABASE_URL and that it runs.`,
  };
}

/** Ports and files: Node's own message names them. */
function explainSystem(error: Error): Explanation | undefined {
  const { code = '', syscall, message } = error as NodeJS.ErrnoException;
  if (syscall === 'listen') {
    const sentence = `The server cannot listen: ${message}. Choose another PORT or HOST.`;
    return { code: 'address_unavailable', sentence };
  }
  if (!FILE.test(code) && !/^(EACCES|EPERM|ENOTDIR)$/.test(code) && syscall !== 'mkdir') return undefined;
  return { code: 'file_unavailable', sentence: `A file cannot be used: ${message}. Check DATA_DIR.` };
}
