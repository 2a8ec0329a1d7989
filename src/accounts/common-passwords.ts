// Passwords that everybody tries first and that are long enough for the length rule (NIST SP 800-63B §3.1.1.2).
// A short list on purpose: the throttle stops whoever has a long one.

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

/** `password` in lower case. True also for one or two characters, over and over. */
export function isCommonPassword(password: string): boolean {
  return COMMON.has(password) || new Set(password).size <= 2;
}
