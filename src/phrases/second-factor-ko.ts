// Owns what is said about second factors, in Korean.
import type { SecondFactorPhrases } from './second-factor-en.ts';

export const secondFactorKo: SecondFactorPhrases = {
  title: '한 단계만 더',
  lead: (person) => `${person} 님, 본인인지 확인해 주세요.`,
  code: '코드',
  codeHint: '인증 앱에 지금 표시된 여섯 자리 숫자입니다.',
  codeHintRecovery: '인증 앱에 지금 표시된 여섯 자리 숫자 또는 복구 코드 하나를 입력하세요.',
  submit: '계속',
  other: '다른 방법으로 로그인',
  faults: {
    empty: '코드를 입력하세요.',
    wrong:
      '코드가 올바르지 않거나 이미 사용되었습니다. 코드는 한 번만 쓸 수 있으니 다음 코드로 다시 시도하세요.',
  },
};
