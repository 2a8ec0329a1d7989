// Owns what is said about second factors, in Korean.
import { measuresIn } from './measures.ts';
import type { SecondFactorPhrases } from './second-factor-en.ts';

const measure = measuresIn('ko');

export const secondFactorKo: SecondFactorPhrases = {
  title: '한 단계만 더',
  lead: (person) => `${person} 님, 본인인지 확인해 주세요.`,
  code: '코드',
  codeHint: '인증 앱에 지금 표시된 여섯 자리 숫자입니다.',
  paper: '복구 코드',
  paperHint: '앱을 설정할 때 보관한 코드 중 하나입니다.',
  usePaper: '복구 코드 사용',
  useApp: '앱 사용',
  submit: '계속',
  other: '다른 방법으로 로그인',
  signInFirst: '두 번째 단계를 설정하려면 다시 로그인하세요. 로그인한 지 시간이 지났습니다.',

  pageTitle: '두 번째 단계',
  pageLead: '비밀번호를 훔친 사람에게는 없는 것을 로그인할 때마다 확인합니다.',
  required: '회원님의 역할에는 두 번째 단계가 필요합니다. 없으면 다음 로그인 때 설정합니다.',
  app: '인증 앱',
  appNone: '휴대전화의 앱이 30초마다 새 코드를 보여 줍니다.',
  since: '설정한 때',
  remove: '앱 제거',
  removeHint:
    '휴대전화를 바꾸려면 여기에서 앱을 제거하고 새 기기에서 설정하세요. 복구 코드도 함께 제거됩니다.',
  again: '여기에서 무언가를 바꾸려면 두 번째 단계까지 거쳐 다시 로그인하세요.',
  codesLeft: (count) => `${count}개가 남아 있습니다. 휴대전화가 없을 때 하나로 한 번 로그인할 수 있습니다.`,
  renew: '새 코드 만들기',
  renewHint: '그러면 이전 코드는 쓸 수 없습니다.',

  setUpTitle: '인증 앱 설정',
  setUpLead: '일회용 코드를 지원하는 앱이면 무엇이든 됩니다.',
  wanted: '회원님의 역할에는 두 번째 단계가 필요합니다. 일회용 코드를 지원하는 앱이면 무엇이든 됩니다.',
  wantedBy: (client) =>
    `${client}에서 두 번째 단계를 요구합니다. 일회용 코드를 지원하는 앱이면 무엇이든 됩니다.`,
  noneEnough: '이 애플리케이션에는 패스키가 필요하지만 쓸 수 있는 패스키가 없습니다.',
  addFirst: '먼저 계정 페이지에서 추가하세요.',
  toPasskeys: '패스키 추가',
  scan: '앱으로 이 그림을 스캔하세요.',
  picture: '인증 앱용 QR 코드',
  type: '또는 앱에 이 키를 입력하세요.',
  secret: '앱에 입력할 키',
  open: '이 기기에서 앱 열기',
  first: '앱의 코드',
  firstHint: '앱에 지금 표시된 여섯 자리 숫자입니다.',
  turnOn: '켜기',

  codesTitle: '복구 코드',
  codesLead: '지금 한 번만 표시됩니다.',
  codesWhat:
    '휴대전화가 없을 때 이 코드 하나로 한 번 로그인할 수 있습니다. 지금만 표시되고 다시 볼 수 없습니다.',
  codesKeep: '인쇄하거나 비밀번호를 두는 곳에 보관하세요. 앱이 있는 휴대전화에만 두지는 마세요.',
  codesDone: '보관했습니다',

  faults: {
    empty: '코드를 입력하세요.',
    wrong:
      '코드가 올바르지 않거나 이미 사용되었습니다. 코드는 한 번만 쓸 수 있으니 다음 코드로 다시 시도하세요.',
    appClosed: (seconds) =>
      `이 앱에 잘못된 코드가 너무 많이 입력되었습니다. 누군가 비밀번호를 알고 있는 것 같습니다. ${measure.life(seconds)} 후에 다시 쓸 수 있습니다. 그때까지 복구 코드나 패스키를 사용하고 비밀번호를 바꾸세요.`,
    wrongFirst: '코드가 올바르지 않습니다. 앱을 다시 보고 휴대전화의 시계가 맞는지 확인하세요.',
  },
};
