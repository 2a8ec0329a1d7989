// Owns how a Korean particle follows a name from outside: by its last sound, and in the written-out double form where that cannot be
// told.
type Ending = 'vowel' | 'rieul' | 'consonant';

/**
 * How a name ends when it is read aloud in Korean; undefined where that cannot be told from its letters. Latin names
 * are read by their usual transliteration: GitHub 깃허브, Google 구글, tickets.example.com 닷컴.
 */
function endingOf(name: string): Ending | undefined {
  const trimmed = name.trim();
  const code = trimmed.charCodeAt(trimmed.length - 1);
  if (code >= 0xac00 && code <= 0xd7a3) {
    const final = (code - 0xac00) % 28;
    if (final === 0) return 'vowel';
    return final === 8 ? 'rieul' : 'consonant';
  }
  if (/(?:[aeiou]l|le)$/i.test(trimmed)) return 'rieul';
  if (/(?:[aeiou][nm]|ng)$/i.test(trimmed)) return 'consonant';
  if (/(?:[aiouybdfrsxz])$/i.test(trimmed)) return 'vowel';
  return undefined;
}

// The word joiner keeps a line from ending before the bracket.
export function withObject(name: string): string {
  const ending = endingOf(name);
  if (ending === undefined) return `${name}을\u2060(를)`;
  return ending === 'vowel' ? `${name}를` : `${name}을`;
}

export function withDirection(name: string): string {
  const ending = endingOf(name);
  if (ending === undefined) return `${name}\u2060(으)로`;
  return ending === 'consonant' ? `${name}으로` : `${name}로`;
}

export function withAnd(name: string): string {
  const ending = endingOf(name);
  if (ending === undefined) return `${name} 및`;
  return ending === 'vowel' ? `${name}와` : `${name}과`;
}
