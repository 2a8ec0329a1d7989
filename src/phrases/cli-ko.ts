// Owns what /cli says, in Korean.
import type { CliPhrases } from './cli-en.ts';
import { measuresIn } from './measures.ts';

const measure = measuresIn('ko');

export const cliKo: CliPhrases = {
  title: '프로그램에 줄 토큰',
  lead: '터미널의 프로그램은 직접 로그인할 수 없습니다. 토큰이 있으면 내 이름으로 작업하며, 비밀번호는 알 수 없습니다.',
  leadFor: (program) =>
    `스스로를 “${program}”이라고 밝힌 프로그램은 직접 로그인할 수 없습니다. 토큰이 있으면 내 이름으로 작업하며, 비밀번호는 알 수 없습니다.`,
  warning:
    '프로그램을 직접 실행한 경우에만 계속하세요. 누군가 이 링크를 보냈거나 토큰을 달라고 한다면 이 페이지를 닫으세요. 그 사람이 내 이름으로 작업하게 됩니다.',
  may: '토큰으로 할 수 있는 일',
  life: (days) => `${measure.life(days * 86_400)} 동안 사용할 수 있으며, 그 전에 종료할 수도 있습니다.`,
  other: '허용할 작업과 기간을 직접 선택하기',
  tokenName: '터미널 프로그램',
  paste: '터미널로 돌아가 토큰을 붙여 넣고 Enter 키를 누르세요. 그다음 이 창은 닫아도 됩니다.',
  pasteFor: (program) =>
    `“${program}” 프로그램으로 돌아가 토큰을 붙여 넣고 Enter 키를 누르세요. 그다음 이 창은 닫아도 됩니다.`,
  only: '다른 곳에 붙여 넣거나 누구에게도 보내지 마세요. 이 토큰을 가진 사람은 내 이름으로 작업할 수 있습니다.',
  manage: '내 모든 토큰 보기 및 종료',
};
