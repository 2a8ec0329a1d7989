// Owns what is said about sign-ins that a terminal waits for, in Korean.
import { withObject } from './particles.ts';
import type { TerminalPhrases } from './terminal-en.ts';

export const terminalKo: TerminalPhrases = {
  letters: '영문자',
  lettersHint: '터미널에 표시된 영문 네 글자입니다. 예: WDJB',
  device: '프로그램이 밝힌 이름',
  warning:
    '직접 시작했고 그 터미널이 지금 눈앞에 있는 경우에만 계속하세요. 이 링크나 여기에 입력할 글자를 보내는 사람은 회원님으로 로그인하려는 것입니다.',
  lettersEmpty: '터미널에 표시된 영문 네 글자를 입력하세요.',
  lettersWrong: '터미널에 표시된 글자와 다릅니다. 다시 확인하고 한 번 더 입력하세요.',
  guessed:
    '글자를 세 번 잘못 입력하여 이 링크는 더 이상 쓸 수 없습니다. 터미널에서 다시 시작하세요. 내 터미널이 아니라면 누군가 회원님으로 로그인하려 했지만 실패한 것입니다.',

  events: {
    'polling_session.allowed': (client) => `터미널에서 ${withObject(client)} 연결했습니다.`,
    'polling_session.denied': (client) => `터미널에서 ${client} 연결을 거부했습니다.`,
    'polling_session.guessed': (client) =>
      `${client} 연결에 잘못된 글자가 입력되어 터미널을 연결하지 않았습니다.`,
    'polling_session.completed': (client) => `터미널의 ${client}에 회원님이 누구인지 알려 주었습니다.`,
  },
};
