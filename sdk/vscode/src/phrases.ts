// Every word that this library shows to people, in the languages that the server's own pages have.

export interface Phrases {
  inBrowser: (label: string) => string;
  withCode: (label: string, code: string) => string;
  code: (code: string) => string;
  codeDetail: (address: string) => string;
  copyAndOpen: string;
  givenUp: (label: string) => string;
  useCode: string;
  failed: (label: string, why: string) => string;
  refused: string;
  codeExpired: string;
  noAnswer: (issuer: string) => string;
  otherAccount: (asked: string, came: string) => string;
  notTold: (label: string, address: string) => string;
}

const en: Phrases = {
  inBrowser: (label) => `Signing in to ${label}: go on in your browser …`,
  withCode: (label, code) => `Signing in to ${label}: check the code ${code} in your browser …`,
  code: (code) => `Your code: ${code}`,
  codeDetail: (address) => `Open ${address} on any device, check that it shows this code, and sign in there.`,
  copyAndOpen: 'Copy code and open',
  givenUp: (label) => `The sign-in to ${label} was stopped. Did the browser not come back?`,
  useCode: 'Sign in with a code',
  failed: (label, why) => `The sign-in to ${label} did not work. ${why}`,
  refused: 'It was refused in the browser.',
  codeExpired: 'The code has expired. Sign in again to get another one.',
  noAnswer: (issuer) => `${issuer} does not answer. Try again later.`,
  otherAccount: (asked, came) => `This was to be ${asked}, but ${came} signed in. Nothing was changed.`,
  notTold: (label, address) =>
    `You are signed out here, but ${label} could not be told. You can end it at ${address}.`,
};

const ptBr: Phrases = {
  inBrowser: (label) => `Entrando em ${label}: continue no navegador …`,
  withCode: (label, code) => `Entrando em ${label}: confira o código ${code} no navegador …`,
  code: (code) => `Seu código: ${code}`,
  codeDetail: (address) =>
    `Abra ${address} em qualquer dispositivo, confira se aparece este código e entre por lá.`,
  copyAndOpen: 'Copiar o código e abrir',
  givenUp: (label) => `A entrada em ${label} foi interrompida. O navegador não voltou?`,
  useCode: 'Entrar com um código',
  failed: (label, why) => `Não foi possível entrar em ${label}. ${why}`,
  refused: 'O pedido foi recusado no navegador.',
  codeExpired: 'O código expirou. Entre de novo para receber outro.',
  noAnswer: (issuer) => `${issuer} não responde. Tente de novo mais tarde.`,
  otherAccount: (asked, came) => `Era para ser ${asked}, mas quem entrou foi ${came}. Nada mudou.`,
  notTold: (label, address) =>
    `Você saiu aqui, mas não foi possível avisar ${label}. Você pode encerrar o acesso em ${address}.`,
};

const ko: Phrases = {
  inBrowser: (label) => `${label} 로그인 중입니다. 브라우저에서 계속해 주세요 …`,
  withCode: (label, code) => `${label} 로그인 중입니다. 브라우저에서 코드 ${code}를 확인해 주세요 …`,
  code: (code) => `코드: ${code}`,
  codeDetail: (address) =>
    `아무 기기에서나 ${address} 페이지를 열고, 이 코드가 보이는지 확인한 뒤 로그인해 주세요.`,
  copyAndOpen: '코드 복사하고 열기',
  givenUp: (label) => `${label} 로그인을 멈추었습니다. 브라우저에서 돌아오지 않았나요?`,
  useCode: '코드로 로그인',
  failed: (label, why) => `${label}에 로그인하지 못했습니다. ${why}`,
  refused: '브라우저에서 거절되었습니다.',
  codeExpired: '코드가 만료되었습니다. 다시 로그인하면 새 코드를 받습니다.',
  noAnswer: (issuer) => `${issuer}에서 응답이 없습니다. 나중에 다시 시도해 주세요.`,
  otherAccount: (asked, came) =>
    `${asked} 계정이어야 하지만 ${came} 계정으로 로그인했습니다. 바뀐 것은 없습니다.`,
  notTold: (label, address) =>
    `여기서는 로그아웃했지만 ${label}에 알리지 못했습니다. ${address} 에서 연결을 끝낼 수 있습니다.`,
};

/** `language` as the editor names it: `pt-br`. */
export function phrasesIn(language: string): Phrases {
  const [first] = language.toLowerCase().split('-');
  return first === 'pt' ? ptBr : first === 'ko' ? ko : en;
}
