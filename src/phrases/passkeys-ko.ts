// Owns what is said about passkeys, in Korean.
import type { PasskeyPhrases } from './passkeys-en.ts';

export const passkeysKo: PasskeyPhrases = {
  title: '패스키',
  lead: '지문이나 얼굴, 기기의 PIN으로 로그인하세요. 외울 것도 없고, 가짜 페이지가 빼낼 수 있는 것도 없습니다.',
  none: '아직 패스키가 없습니다.',
  count: (count) => `패스키가 ${count}개 있습니다.`,
  added: '추가한 때',
  lastUsed: '마지막 사용',
  never: '아직 없음',
  kept: '보관',
  here: '한 기기에만',
  synced: '비밀번호 관리자를 통해 내 모든 기기에',
  rename: '이름 변경',
  renameOf: (name) => `${name} 이름 변경`,
  nameOf: (name) => `${name}의 새 이름`,
  save: '저장',
  remove: '삭제',
  removeOf: (name) => `${name} 삭제`,
  last: '유일한 로그인 방법이므로 삭제할 수 없습니다. 먼저 다른 방법을 추가하세요.',
  add: '패스키 추가',
  name: '이름',
  nameHint: '다른 패스키와 구별하기 위한 이름입니다.',
  impossible: '패스키는 이 서버에 도메인 이름이 있고 https로 접속할 때만 사용할 수 있습니다.',
  unsupported:
    '이 브라우저에서는 패스키를 사용할 수 없습니다. 브라우저를 업데이트하거나 다른 브라우저를 사용하세요.',
  needsScript: '패스키를 사용하려면 JavaScript가 필요하지만 이 브라우저에서는 꺼져 있습니다.',
  cancelled: '취소되었거나 시간이 초과되었습니다. 변경된 내용은 없습니다.',
  known: '이 기기에는 이미 이 계정의 패스키가 있습니다.',

  signIn: '패스키로 로그인',
  confirm: '패스키 사용',

  faults: {
    over: '시간이 초과되었거나 이미 처리되었습니다. 다시 시도하세요.',
    wrong: '패스키를 확인할 수 없습니다. 다시 시도하거나 다른 방법으로 로그인하세요.',
    unknown: '이 패스키로 열 수 있는 계정이 없습니다. 다른 방법으로 로그인하세요.',
    other: '이 계정의 패스키가 아닙니다. 다른 패스키를 사용하세요.',
    copied:
      '복사되었을 수 있는 패스키이므로 거부했습니다. 다른 방법으로 로그인하여 계정에서 삭제하고 새 패스키를 추가하세요.',
    known: '이미 등록된 패스키입니다. 추가되지 않았습니다.',
    tooMany: '한 계정에 등록할 수 있는 패스키가 모두 찼습니다. 더 이상 쓰지 않는 패스키를 삭제하세요.',
    last: '유일한 로그인 방법입니다. 삭제하기 전에 다른 방법을 추가하세요. 변경된 내용은 없습니다.',
    missing: '이미 삭제된 패스키입니다.',
    nameEmpty: '이름을 입력하세요.',
  },
};
