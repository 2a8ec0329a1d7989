// Passwords that everybody tries first and that are long enough for the length rule (NIST SP 800-63B §3.1.1.2).
// The list is short: what leaked lists are full of is a word that everybody knows, or the person's own, with digits and signs
// around it, and that is refused whatever the digits are. What is long and random is never refused for what it is made of.

const COMMON = new Set(
  `password1234 password12345 password123456 password123! password1234! passwordpassword mypassword123 newpassword123
   adminadmin admin123456 admin12345678 administrator administrator1 administrator123 changemechangeme changeme123
   changeme1234 changeme12345 letmeinletmein welcome12345 welcome123456 welcomewelcome qwertyuiop12 qwertyuiop123
   qwertyuiop1234 qwertyuiopasdf qwertyuiopasdfghjkl qwertyuiopasdfghjklzxcvbnm qwerty123456 qwerty1234567
   qwerty12345678 qwertyqwerty asdfghjkl123 asdfghjkl1234 1qaz2wsx3edc 1qaz2wsx3edc4rfv 1q2w3e4r5t6y 1q2w3e4r5t6y7u8i
   q1w2e3r4t5y6 zaq12wsxcde3 abcd12345678 abcdefghijkl abcdefghijklm abcdefghijklmnop abcdefghijklmnopqrstuvwxyz
   abc123456789 abc1234567890 123456789012 1234567890123 12345678901234 123456789012345 1234567890123456 0123456789ab
   012345678910 123456789abc 1234567890ab 1234567890abc 123123123123 121212121212 112233445566 987654321098
   111222333444 qazwsxedcrfv qazwsxedcrfvtgb iloveyou1234 iloveyouiloveyou iloveyouforever sunshine1234 princess1234
   football1234 baseball1234 superman1234 batman123456 dragon123456 monkey123456 master123456 shadow123456
   trustno1trustno1 correcthorsebatterystaple secretsecret secret123456 supersecret123 testtesttest test12345678
   passw0rd1234 p@ssw0rd1234 p@ssword1234 pa55word1234 passw0rdpassw0rd senha1234567 senha12345678 minhasenha123
   contraseña123 motdepasse123 passwort1234 portaria1234 portariaportaria`.split(/\s+/),
);

const WORDS =
  `password passwort passwd senha contrasena contraseña motdepasse parola bimilbeonho qlalfqjsgh 비밀번호 secret
   segredo admin administrator administrador root user usuario guest test teste testing demo login signin default access
   acesso system server service portaria company empresa changeme letmein welcome bemvindo hello iloveyou saranghae sarang
   tkfkdgo dkssud 사랑해 안녕하세요 teamo amor love lovely sunshine princess princesa prince queen king master shadow dragon
   monkey tiger eagle falcon hunter killer ninja pirate wizard superman batman spiderman ironman starwars pokemon naruto
   minecraft football futebol soccer baseball basketball hockey tennis chelsea liverpool arsenal barcelona madrid juventus
   flamengo corinthians palmeiras santos vasco gremio brasil brazil portugal lisboa london paris america canada mexico korea
   seoul busan corea 대한민국 january february march april june july august september october november december janeiro
   fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro monday tuesday wednesday thursday
   friday saturday sunday segunda sexta sabado domingo spring summer autumn winter verao inverno michael jennifer jordan
   charlie thomas robert daniel jessica ashley nicole andrew joshua matthew anthony maria joao jose pedro lucas gabriel
   rafael fernanda juliana camila minsu jisoo freedom whatever trustno cheese cookie chocolate banana computer internet
   google facebook amazon apple samsung windows linux mustang ferrari porsche mercedes corvette yankees cowboys lakers
   flower butterfly angel heaven jesus cristo deus money dinheiro family familia mother father amigo friend baby happy
   blessed forever peace music guitar`.split(/\s+/);
const ROWS = [
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  '1234567890',
  'abcdefghijklmnopqrstuvwxyz',
  'qazwsxedcrfvtgbyhnujmikolp',
];
const RUN_LENGTH = 4;

/** The longest first: what is taken out should leave no piece of itself. */
const KNOWN = [
  ...WORDS,
  ...ROWS.flatMap((row) => [...runsOf(row), ...runsOf(Array.from(row).toReversed().join(''))]),
].sort((a, b) => b.length - a.length);

/** Digits and signs that stand for letters. */
const DISGUISES: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};

/** More known words than that, one after another, are a passphrase. */
const MOST_KNOWN_WORDS = 3;
/** So much besides known words is worth guessing. */
const LEAST_LETTERS = 4;
const MOST_DIGITS = 8;

/**
 * `password` in lower case. True for what is on the list, for one or two characters over and over, and for known words (up to
 * three), or `ownWords` in lower case, with nothing but a few letters, digits or signs around them.
 */
export function isCommonPassword(password: string, ownWords: readonly string[] = []): boolean {
  if (COMMON.has(password) || new Set(password).size <= 2) return true;
  // What stands behind the last letter is a year, or a sign for those who want one; it disguises nothing.
  const tail = /\P{L}*$/u.exec(password)?.[0] ?? '';
  const undisguised = password
    .slice(0, password.length - tail.length)
    .replaceAll(/[013457@$!]/g, (sign) => DISGUISES[sign] ?? sign);
  return isMadeOfKnownWords(password, ownWords) || isMadeOfKnownWords(undisguised + tail, ownWords);
}

function isMadeOfKnownWords(password: string, ownWords: readonly string[]): boolean {
  let rest = password;
  let found = 0;
  for (const word of [...ownWords, ...KNOWN]) {
    if (!rest.includes(word)) continue;
    found += 1;
    rest = rest.replaceAll(word, ' ');
  }
  const letters = rest.replaceAll(/\P{L}/gu, '').length;
  const digits = rest.replaceAll(/\D/g, '').length;
  return found > 0 && found <= MOST_KNOWN_WORDS && letters < LEAST_LETTERS && digits <= MOST_DIGITS;
}

function runsOf(row: string): string[] {
  const runs: string[] = [];
  for (let start = 0; start + RUN_LENGTH <= row.length; start++) {
    for (let end = start + RUN_LENGTH; end <= row.length; end++) runs.push(row.slice(start, end));
  }
  return runs;
}
