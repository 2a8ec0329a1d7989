// Owns everything our pages say, in Korean (합니다 style). A name from outside is followed by the particle that its
// last sound asks for; where that cannot be told it gets the written-out double form.
import type { Phrases } from './en.ts';
import { accountKo } from './account-ko.ts';
import { cliKo } from './cli-ko.ts';
import { measuresIn } from './measures.ts';
import { passkeysKo } from './passkeys-ko.ts';
import { secondFactorKo } from './second-factor-ko.ts';
import { terminalKo } from './terminal-ko.ts';
import { withAnd, withDirection, withObject } from './particles.ts';

const measure = measuresIn('ko');

export const ko: Phrases = {
  frame: {
    product: 'Portaria',
    languages: '언어',
    faultTitle: (title) => `오류: ${title}`,
    copy: '복사',
    copied: '복사됨',
    showPassword: '표시',
    hidePassword: '숨기기',
    showPasswordLabel: '비밀번호 표시',
    hidePasswordLabel: '비밀번호 숨기기',
    optional: '선택',
    reference: '참조 번호',
    tryAgain: '다시 시도',
    toHome: '안내 데스크로 이동',
  },

  signIn: {
    title: '로그인',
    lead: '반갑습니다. 본인 확인 후 바로 들어오세요.',
    leadFor: (client) => `로그인하면 ${withDirection(client)} 이동합니다`,
    deviceNote: '터미널이나 다른 기기에서 시작된 로그인입니다. 직접 시작했을 때만 계속하세요.',
    connector: (label) => `${withDirection(label)} 계속하기`,
    or: '또는',
    login: '이메일 또는 사용자 이름',
    password: '비밀번호',
    submit: '로그인',
    passwordReset: '비밀번호를 잊으셨습니까?',
    signUp: '계정 만들기',
    cancel: (client) => `${withDirection(client)} 돌아가기`,
    cancelPlain: '취소',
  },

  link: {
    title: '본인의 계정인가요?',
    lead: (email) => `이 주소를 사용하는 계정이 이미 있습니다: ${email}`,
    ask: (label) =>
      `${label}에서 이 주소가 본인의 것임을 확인했습니다. 이 계정도 본인의 것임을 한 번만 확인하면 앞으로 ${label} 계정으로도 로그인할 수 있습니다.`,
    password: '이 계정의 비밀번호',
    submit: '확인',
    confirmWith: (label) => `${label} 계정으로 확인`,
    noProof: '아직 이 계정을 확인할 방법이 없습니다. 이메일로 링크를 받아 비밀번호를 정한 뒤 다시 오세요.',
    choosePassword: '링크 받기',
    wrongProof: (label) =>
      `방금 로그인한 ${label} 계정은 이 계정에 연결되어 있지 않습니다. 아무것도 연결되지 않았습니다.`,
    other: '다른 방법으로 로그인',
  },

  secondFactor: secondFactorKo,

  terminal: terminalKo,

  signInFaults: {
    wrongLoginOrPassword: '이름 또는 비밀번호가 올바르지 않습니다. 확인한 뒤 다시 시도하세요.',
    tooManyTries: (minutes) => `시도 횟수가 너무 많습니다. ${measure.minutes(minutes)} 후에 다시 시도하세요.`,
    loginEmpty: '이메일 또는 사용자 이름을 입력하세요.',
    passwordEmpty: '비밀번호를 입력하세요.',
    accountBlocked: '차단된 계정입니다. 관리자에게 차단 해제를 요청하세요.',
    connectorDenied: (label) => `${label}에서 취소했습니다. 다시 시도하거나 다른 방법으로 로그인하세요.`,
  },

  fieldFaults: {
    nameEmpty: '이름을 입력하세요.',
    nameTooLong: '이름이 너무 깁니다. 200자 이하로 입력하세요.',
    emailEmpty: '이메일 주소를 입력하세요.',
    emailInvalid: '올바른 이메일 주소가 아닙니다. ana@example.com과 같은 형식으로 입력하세요.',
    emailDomain: '새 계정은 지정된 조직의 이메일 주소로만 만들 수 있습니다. 해당 조직의 주소를 입력하세요.',
    emailSame: '이미 사용 중인 주소입니다.',
    emailTaken: '이미 이 이메일 주소를 사용하는 계정이 있습니다.',
    usernameTaken: '이미 사용 중인 사용자 이름입니다. 다른 이름을 선택하세요.',
    usernameInvalid: '문자, 숫자, 마침표, 하이픈, 밑줄만 사용하세요. 공백과 @는 사용할 수 없습니다.',
    passwordTooShort: (min) => `비밀번호가 너무 짧습니다. ${measure.number(min)}자 이상 입력하세요.`,
    passwordTooLong: (max) => `비밀번호가 너무 깁니다. ${measure.number(max)}자 이하로 입력하세요.`,
    passwordTooCommon:
      '유출된 비밀번호 목록에 있거나, 그런 비밀번호나 본인 또는 이 사이트의 이름과 너무 비슷합니다. 다른 비밀번호를 선택하세요. 무작위로 고른 단어 몇 개면 좋습니다.',
    currentEmpty: '현재 비밀번호를 입력하세요.',
    currentWrong: '현재 비밀번호가 아닙니다.',
    required: '이 항목을 입력하세요.',
  },

  consent: {
    title: (client) => `${client}에 접근을 허용하시겠습니까?`,
    signedInAs: '로그인한 계정',
    switchAccount: '본인이 아닙니까? 다른 계정으로 로그인',
    asks: (client) => `${client}에서 요청하는 권한:`,
    resources: (names) => `적용 대상: ${names.join(', ')}`,
    native: '이 기기에 설치된 프로그램입니다. 방금 직접 실행한 경우에만 계속하세요.',
    thirdParty: '외부에서 운영하는 앱입니다. 신뢰할 수 있는 경우에만 허용하세요.',
    policy: '개인정보 처리방침',
    terms: '이용약관',
    redirect: (host) => `허용하면 ${withDirection(host)} 이동합니다.`,
    redirectApp: '완료되면 이 기기의 프로그램으로 돌아갑니다.',
    allow: '허용',
    deny: '거부',
  },

  scopes: {
    openid: { title: '사용자 식별', detail: '이곳의 모든 서비스에서 동일한 식별자' },
    profile: { title: '프로필 보기', detail: '이름, 사용자 이름, 사진, 언어' },
    email: { title: '이메일 주소 보기', detail: '주소의 확인 여부 포함' },
    offline_access: { title: '연결 유지', detail: '로그아웃한 뒤에도 연결을 해제할 때까지 유지' },
    read: { title: '내 정보 읽기', detail: '프로필, 이메일 주소, 역할 (변경하지 않음)' },
    write: { title: '내 이름으로 변경하기', detail: '이 로그인을 사용하는 서비스에서 변경' },
    'users.read': { title: '다른 사용자 조회', detail: '이곳에 있는 계정의 이름과 이메일 주소' },
    vault: {
      title: '연결한 계정 사용',
      detail: 'GitHub 등의 서비스에서 허용한 범위 안에서 나를 대신하여 작업',
    },
    admin: { title: 'Portaria 관리', detail: '내 역할로 할 수 있는 모든 작업: 사용자, 클라이언트, 설정' },
  },

  device: {
    title: '기기 연결',
    lead: '기기 또는 터미널에 표시된 코드를 입력하세요.',
    code: '코드',
    codeHint: '예: WDJB-MJHT (영문 8자). 하이픈은 생략해도 됩니다.',
    submit: '계속',
    codeEmpty: '기기에 표시된 코드를 입력하세요.',
    codeWrong: '코드가 올바르지 않습니다. 기기의 코드와 비교한 뒤 다시 시도하세요.',
    codeExpired: '만료된 코드입니다. 기기에서 다시 시작하여 새 코드를 받으세요.',
    codeUsed: '이미 사용된 코드입니다. 기기에서 다시 시작하여 새 코드를 받으세요.',
    codeTooManyTries: (minutes) =>
      `잘못된 코드를 너무 많이 입력했습니다. ${measure.minutes(minutes)} 후에 다시 시도하세요.`,
  },

  deviceConfirm: {
    title: (program) => `${withObject(program)} 연결하시겠습니까?`,
    same: '기기에 이 코드가 표시되어 있습니까?',
    warning:
      '직접 시작했고 코드가 기기에 표시된 것과 같은 경우에만 계속하세요. 정당한 담당자는 이곳에 입력할 코드를 보내지 않습니다.',
    requested: '요청 정보',
    ip: '주소',
    userAgent: '프로그램',
    started: '시각',
    ago: (seconds) => measure.ago(seconds),
    confirm: '예, 계속합니다',
    abort: '취소',
  },

  deviceDone: {
    allowedTitle: '연결되었습니다',
    allowed: '이제 기기로 돌아가세요. 이 창은 닫아도 됩니다.',
    allowedFor: (program) => `이제 ${withDirection(program)} 돌아가세요. 이 창은 닫아도 됩니다.`,
    deniedTitle: '연결하지 않았습니다',
    denied: '요청을 거부했으며 코드는 더 이상 사용할 수 없습니다. 이 창은 닫아도 됩니다.',
  },

  continuing: {
    title: '잠시만 기다려 주세요',
    submit: '계속',
  },

  setup: {
    title: 'Portaria 설정',
    lead: '첫 번째 방문자입니다. 관리자 계정을 만드세요. 이 페이지는 한 번만 사용할 수 있습니다.',
    name: '이름',
    email: '이메일',
    username: '사용자 이름',
    usernameHint: '문자, 숫자, 마침표, 하이픈, 밑줄. 로그인할 때 쓰는 짧은 이름입니다.',
    password: '비밀번호',
    passwordHint: (min) => `${measure.number(min)}자 이상. 여러 단어를 이어 쓰면 기억하기 쉽습니다.`,
    submit: '계정 만들기',
  },

  signUp: {
    title: '계정 만들기',
    lead: '이메일 주소를 입력하세요. 이름과 비밀번호를 정할 수 있는 링크를 보내 드립니다.',
    email: '이메일',
    submit: '링크 보내기',
    toSignIn: '이미 계정이 있습니다',
    sentTitle: '메일함을 확인하세요',
    sent: '입력한 주소로 메일을 보냈습니다. 가능하면 이 브라우저에서 메일의 링크를 여세요.',
    sentNext:
      '몇 분이 지나도 메일이 오지 않으면 스팸함을 살펴보고 주소를 올바르게 입력했는지 확인하세요. 한 주소로는 한 시간에 최대 세 통까지 보냅니다.',
    askAgain: '다른 주소 입력',
    formTitle: '계정 만들기',
    formLead: (email) => `${email} 주소가 확인되었습니다. 이름과 비밀번호만 정하면 됩니다.`,
    formSubmit: '계정 만들기',
    doneTitle: '계정이 준비되었습니다',
    done: '이용하던 앱으로 돌아가 로그인하거나 여기에서 로그인하세요.',
    signIn: '로그인',
  },

  resetPassword: {
    title: '새 비밀번호 설정',
    lead: '계정의 이메일 주소를 입력하세요. 새 비밀번호를 설정할 수 있는 링크를 보내 드립니다.',
    email: '이메일',
    submit: '링크 보내기',
    toSignIn: '로그인으로 돌아가기',
    sentTitle: '메일함을 확인하세요',
    sent: '이 주소를 사용하는 계정이 있으면 링크가 담긴 메일이 곧 도착합니다.',
    sentNext:
      '몇 분이 지나도 메일이 오지 않으면 스팸함을 살펴보고 주소를 올바르게 입력했는지 확인하세요. 한 주소로는 한 시간에 최대 세 통까지 보냅니다.',
    askAgain: '다른 주소 입력',
    newTitle: '새 비밀번호 설정',
    newLead: (email) => `${email} 계정`,
    password: '새 비밀번호',
    endsAll: '모든 기기와 프로그램에서 로그아웃됩니다.',
    newSubmit: '비밀번호 변경',
    doneTitle: '비밀번호가 변경되었습니다',
    done: '모든 곳에서 로그아웃되었습니다. 여기에서, 또는 이용하던 앱에서 새 비밀번호로 로그인하세요.',
    signIn: '로그인',
  },

  mail: {
    hello: '안녕하세요.',
    helloTo: (name) => `${name} 님, 안녕하세요.`,
    linkHint: '버튼이 작동하지 않으면 다음 주소를 브라우저에 붙여 넣으세요.',
    sentBy: (host) => `${host}에서 보낸 메일입니다. 저희는 비밀번호나 이 링크를 절대 묻지 않습니다.`,
    passwordReset: (seconds) => ({
      subject: '새 비밀번호를 설정하세요',
      paragraphs: ['회원님의 계정에 대해 새 비밀번호 요청이 접수되었습니다.'],
      button: '새 비밀번호 설정',
      note: `링크는 한 번만 사용할 수 있으며 ${measure.life(seconds)} 동안 유효합니다. 직접 요청하지 않았다면 아무것도 하지 않으셔도 됩니다. 비밀번호는 그대로 유지됩니다.`,
    }),
    passwordChanged: {
      subject: '비밀번호가 변경되었습니다',
      paragraphs: ['방금 계정의 비밀번호가 변경되었으며 다른 모든 곳에서 로그아웃되었습니다.'],
    },
    passkeyAdded: {
      subject: '계정에 패스키가 추가되었습니다',
      paragraphs: ['이제 이 패스키로 계정에 로그인할 수 있습니다.'],
    },
    passkeyRemoved: {
      subject: '계정에서 패스키가 삭제되었습니다',
      paragraphs: ['이 패스키로는 더 이상 로그인할 수 없습니다.'],
    },
    personalTokenMade: {
      subject: '계정에 개인 토큰이 만들어졌습니다',
      paragraphs: [
        '이 토큰을 가진 사람은 내 이름으로 작업할 수 있습니다. 계정 페이지에서 모든 토큰을 볼 수 있습니다.',
      ],
    },
    personalTokenExpiring: ([name = '', when = '']) => ({
      subject: '개인 토큰이 곧 만료됩니다',
      paragraphs: [
        `토큰 “${name}”의 유효 기한은 ${when}입니다. 아직 사용하는 프로그램이 있다면 그전에 새 토큰을 만들어 바꾸세요.`,
      ],
      button: '내 토큰 보기',
    }),
    signUp: (seconds) => ({
      subject: '계정을 만드세요',
      paragraphs: ['이 주소로 계정을 만들어 달라는 요청이 접수되었습니다.'],
      button: '계정 만들기',
      note: `링크는 한 번만 사용할 수 있으며 ${measure.life(seconds)} 동안 유효합니다. 직접 요청하지 않았다면 아무것도 하지 않으셔도 됩니다. 계정은 만들어지지 않습니다.`,
    }),
    invitation: (seconds) => ({
      subject: '초대장이 도착했습니다',
      paragraphs: ['이곳에 계정을 만들도록 초대받으셨습니다. 이름과 비밀번호는 직접 정합니다.'],
      button: '계정 만들기',
      note: `링크는 한 번만 사용할 수 있으며 ${measure.life(seconds)} 동안 유효합니다.`,
    }),
    emailChange: (seconds) => ({
      subject: '새 이메일 주소를 확인하세요',
      paragraphs: ['이 주소를 계정의 이메일 주소로 사용하려는 요청이 접수되었습니다.'],
      button: '주소 확인',
      note: `링크는 한 번만 사용할 수 있으며 ${measure.life(seconds)} 동안 유효합니다. 직접 요청하지 않았다면 아무것도 하지 않으셔도 됩니다. 변경되는 내용은 없습니다.`,
    }),
    notMe: (seconds) => ({
      button: '내가 한 일이 아닙니다',
      note: `본인이 한 일이 아니라면 다른 사람이 계정에 들어온 것입니다. 링크에서 모든 곳을 로그아웃한 뒤 새 비밀번호를 설정하세요. 링크는 한 번만 사용할 수 있으며 ${measure.life(seconds)} 동안 유효합니다.`,
    }),
    emailChanged: {
      subject: '이메일 주소가 변경되었습니다',
      paragraphs: [
        '계정의 이메일 주소가 다른 주소로 변경되었습니다. 이 주소는 더 이상 계정에 속하지 않습니다.',
        '직접 변경했다면 아무것도 하지 않으셔도 됩니다.',
        '아래 링크를 사용하면 이 주소도 다시 계정의 주소가 됩니다.',
      ],
    },
    emailRestored: {
      subject: '이전 이메일 주소로 되돌려졌습니다',
      paragraphs: [
        '계정의 이전 메일함을 사용하는 사람이 주소를 변경한 적이 없다고 알려 왔습니다. 계정은 이전 주소로 되돌려졌고 모든 곳에서 로그아웃되었습니다.',
        '직접 주소를 변경했다면 관리자에게 알리세요.',
      ],
    },
    newSignIn: {
      subject: '새 브라우저에서 로그인했습니다',
      paragraphs: [
        '이 계정에서 사용한 적이 없는 브라우저에서 로그인했습니다.',
        '직접 로그인했다면 아무것도 하지 않으셔도 됩니다.',
      ],
    },
    secondFactorAdded: {
      subject: '계정에 두 번째 단계가 추가되었습니다',
      paragraphs: ['이제 로그인할 때 인증 앱의 코드도 입력해야 합니다. 복구 코드를 안전한 곳에 보관하세요.'],
    },
    secondFactorRemoved: {
      subject: '계정의 두 번째 단계가 제거되었습니다',
      paragraphs: [
        '이제 로그인할 때 인증 앱의 코드를 요청하지 않습니다. 복구 코드도 더 이상 쓸 수 없습니다.',
      ],
    },
    secondFactorReset: {
      subject: '관리자가 계정의 두 번째 단계를 제거했습니다',
      paragraphs: [
        '모든 곳에서 로그아웃되었으며, 로그인할 때 더 이상 코드를 요청하지 않습니다. 가능할 때 두 번째 단계를 다시 설정하세요.',
        '직접 요청하지 않았다면 관리자에게 알리세요.',
      ],
    },
    recoveryCodeUsed: {
      subject: '복구 코드가 사용되었습니다',
      paragraphs: ['누군가 복구 코드 하나로 계정에 로그인했습니다. 그 코드는 더 이상 쓸 수 없습니다.'],
    },
    recoveryCodesRenewed: {
      subject: '새 복구 코드가 만들어졌습니다',
      paragraphs: ['계정의 복구 코드가 새로 만들어졌습니다. 이전 코드는 더 이상 쓸 수 없습니다.'],
    },
    addressTaken: {
      subject: '이미 계정에서 사용 중인 주소입니다',
      paragraphs: [
        '이 주소를 계정의 이메일 주소로 사용하려는 요청이 접수되었습니다. 다른 계정에서 사용 중인 주소이므로 아무것도 변경되지 않았습니다.',
        '직접 요청했다면 이 주소를 사용하는 계정에 로그인하여 먼저 다른 주소로 변경하세요.',
      ],
    },
    accountExists: {
      subject: '이미 계정이 있습니다',
      paragraphs: [
        '이 주소로 계정을 만들어 달라는 요청이 접수되었습니다. 이미 계정이 있으니 그 계정으로 로그인하세요.',
        '비밀번호를 잊으셨다면 새로 설정할 수 있습니다.',
      ],
      button: '새 비밀번호 설정',
      note: '직접 요청하지 않았다면 아무것도 하지 않으셔도 됩니다. 변경된 내용은 없습니다.',
    },
  },

  home: {
    title: '안내 데스크',
    signedOutTitle: '환영합니다',
    signedOut: '이곳은 안내 데스크입니다. 한 번만 로그인하면 모든 서비스를 이용할 수 있습니다.',
    signIn: '로그인',
    greeting: (name) => `${name}\u00a0님, 안녕하세요`,
    identifier: '내 식별자',
    identifierHint: '모든 서비스에서 동일하며 바뀌지 않습니다. 비밀이 아닙니다.',
    roles: '역할',
    services: '서비스',
    account: '내 계정',
    signOut: '로그아웃',
  },

  account: accountKo,

  cli: cliKo,
  passkeys: passkeysKo,

  logout: {
    title: '로그아웃',
    question: 'Portaria에서 로그아웃하시겠습니까?',
    questionFor: (client) => `${withAnd(client)} Portaria에서 로그아웃하시겠습니까?`,
    signedInAs: '로그인한 계정:',
    note: '연결한 명령줄 프로그램과 기기는 연결된 상태로 유지됩니다.',
    signOut: '로그아웃',
    stay: '로그인 유지',
    doneTitle: '로그아웃되었습니다',
    done: '다음에 또 만나요. 공용 컴퓨터에서는 브라우저도 닫으세요.',
    doneFor: (client) => `${withAnd(client)} Portaria에서 로그아웃되었습니다.`,
  },

  errorPage: {
    waitAbout: (seconds) => `약 ${measure.wait(seconds)} 후에 다시 시도하세요.`,
    client: '클라이언트',
    developers: '이 앱을 개발하고 계신다면',
    redirectHints: [
      '요청의 redirect_uri를 이 클라이언트에 등록된 주소와 한 글자씩 비교하세요. 스킴, 호스트, 포트, 경로, 마지막 슬래시까지 모두 같아야 합니다.',
      '“npx portaria clients update”로 추가하거나 이 서버의 관리자에게 요청하세요.',
      '거부된 주소는 이 서버의 로그에서 아래 참조 번호로 찾을 수 있습니다.',
    ],
  },

  errors: {
    invalid_request: {
      title: '요청을 처리하지 못했습니다',
      happened: '요청에 빠졌거나 올바르지 않은 부분이 있습니다.',
      next: '이전 앱으로 돌아가 다시 시작하세요. 문제가 반복되면 앱 개발자에게 아래 참조 번호를 알려 주세요.',
    },
    access_denied: {
      title: '접근이 허용되지 않았습니다',
      happened: '요청이 거부되었거나 계정에 권한이 없습니다.',
      next: '접근이 필요하면 관리자에게 문의하세요.',
    },
    invalid_client: {
      title: '알 수 없는 앱입니다',
      happened: '이 페이지로 안내한 앱이 등록되어 있지 않거나 사용 중지되었습니다.',
      next: '앱 운영자에게 아래 참조 번호를 알려 주세요.',
    },
    unregistered_redirect_uri: {
      title: '등록되지 않은 복귀 주소입니다',
      happened: '앱이 등록되지 않은 주소로 이동을 요청했습니다. 안전을 위해 여기에서 중단했습니다.',
      next: '앱 운영자에게 아래 참조 번호를 알려 주세요.',
    },
    session_not_found: {
      title: '이 로그인을 계속할 수 없습니다',
      happened: '다른 브라우저에서 시작되었거나 만료되었습니다.',
      next: '이전 앱으로 돌아가 다시 로그인하세요.',
    },
    too_many_requests: {
      title: '잠시만 기다려 주세요',
      happened: '짧은 시간에 너무 많이 시도했습니다.',
      next: '잠시 후에 다시 시도하세요.',
    },
    temporarily_unavailable: {
      title: '곧 돌아오겠습니다',
      happened: '지금은 서버가 응답할 수 없습니다. 변경된 내용은 없습니다.',
      next: '몇 초 후에 다시 시도하세요.',
    },
    not_found: {
      title: '페이지를 찾을 수 없습니다',
      happened: '주소가 잘못되었거나 페이지가 더 이상 없습니다.',
      next: '주소를 확인하거나 안내 데스크에서 시작하세요.',
    },
    method_not_allowed: {
      title: '이 방법으로는 열 수 없는 페이지입니다',
      happened: '양식을 보내거나 프로그램이 사용하는 주소이므로, 여기에는 읽을 내용이 없습니다.',
      next: '이전 페이지로 돌아가거나 안내 데스크에서 시작하세요.',
    },
    upstream_failed: {
      title: '외부 서비스가 응답하지 않았습니다',
      happened: '로그인에 사용하려던 서비스가 정상적으로 응답하지 않았습니다.',
      next: '다시 시도하거나 다른 방법으로 로그인하세요.',
    },
    sign_up_closed: {
      title: '초대를 받아야 가입할 수 있습니다',
      happened: '이 로그인에 해당하는 계정이 없으며, 누구나 가입할 수 있는 곳이 아닙니다.',
      next: '관리자에게 초대를 요청하거나 기존 계정으로 로그인하세요.',
    },
    server_error: {
      title: '서버에 문제가 생겼습니다',
      happened: '사용자의 잘못이 아닙니다. 오류는 기록되었습니다.',
      next: '잠시 후에 다시 시도하세요. 문제가 계속되면 관리자에게 아래 참조 번호를 알려 주세요.',
    },
    sign_in_again: {
      title: '다시 로그인해 주세요',
      happened: '로그인이 끝났거나 이 작업을 하기에는 로그인한 지 오래되었습니다. 변경된 내용은 없습니다.',
      next: '로그인한 뒤 양식을 다시 제출하세요.',
    },
    form_expired: {
      title: '양식이 만료되었습니다',
      happened:
        '페이지를 너무 오래 열어 두었거나 브라우저가 쿠키를 보내지 않았습니다. 변경된 내용은 없습니다.',
      next: '이전 페이지로 돌아가 새로 고친 뒤 다시 제출하세요.',
    },
    no_verified_email: {
      title: '확인된 이메일 주소가 없습니다',
      happened: '로그인한 서비스에서 확인된 이메일 주소를 받지 못했습니다.',
      next: '해당 서비스에서 주소를 확인하거나 공유를 허용한 뒤 다시 시도하세요. 다른 방법으로 로그인할 수도 있습니다.',
    },
    account_blocked: {
      title: '차단된 계정입니다',
      happened: '관리자가 이 계정을 차단했습니다.',
      next: '관리자에게 차단 해제를 요청하세요.',
    },
    link_over: {
      title: '이 단계는 끝났습니다',
      happened:
        '이미 완료되었거나, 시간이 너무 오래 걸렸거나, 다른 로그인으로 바뀌었습니다. 변경된 것은 없습니다.',
      next: '다시 로그인하세요. 계정이 아직 연결되지 않았다면 한 번 더 확인합니다.',
    },
    set_up_over: {
      title: '시간이 너무 오래 걸렸습니다',
      happened: '페이지가 너무 오래 열려 있었거나 다른 곳에서 시작되었습니다. 변경된 것은 없습니다.',
      next: '처음부터 다시 시작하세요.',
    },
    second_factor_over: {
      title: '이 단계는 끝났습니다',
      happened: '이미 완료되었거나 시간이 너무 오래 걸렸습니다. 변경된 것은 없습니다.',
      next: '다시 로그인하세요. 두 번째 단계를 한 번 더 요청합니다.',
    },
    proof_of_another: {
      title: '다른 계정의 정보입니다',
      happened:
        '확인에 사용한 정보가 이 이메일 주소를 쓰는 계정의 것이 아닙니다. 아무것도 연결되지 않았습니다.',
      next: '뒤로 돌아가 이 주소를 쓰는 계정으로 확인하세요.',
    },
    identity_taken: {
      title: '이미 다른 계정에 연결되어 있습니다',
      happened: '그 사이에 이 로그인 방법이 다른 계정에 연결되었습니다. 아무것도 연결되지 않았습니다.',
      next: '그대로 로그인하거나 다른 방법으로 로그인하세요.',
    },
    account_exists: {
      title: '이미 계정이 있습니다',
      happened: '이 로그인의 이메일 주소를 쓰는 계정이 있습니다.',
      next: '뒤로 돌아가 이전에 쓰던 방법으로 로그인하세요.',
    },
    setup_link_invalid: {
      title: '설정 링크가 올바르지 않습니다',
      happened: '이미 사용되었거나, 새 링크가 만들어졌거나, 전체가 복사되지 않았습니다.',
      next: '관리자가 이미 있으면 로그인하세요. 없으면 서버를 다시 시작하세요. 새 링크가 출력됩니다.',
    },
    link_expired: {
      title: '만료된 링크입니다',
      happened: '이미 사용되었거나 유효 기간이 지났습니다.',
      next: '링크를 받은 곳에서 다시 시작하세요.',
    },
    request_too_large: {
      title: '내용이 너무 큽니다',
      happened: '보낸 내용이 허용된 크기를 넘습니다.',
      next: '돌아가서 내용을 줄인 뒤 다시 시도하세요.',
    },
  },
};
