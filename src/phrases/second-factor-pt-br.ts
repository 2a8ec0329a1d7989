// Owns what is said about second factors, in Brazilian Portuguese.
import { measuresIn } from './measures.ts';
import type { SecondFactorPhrases } from './second-factor-en.ts';

const measure = measuresIn('pt-BR');

export const secondFactorPtBr: SecondFactorPhrases = {
  title: 'Só mais um passo',
  lead: (person) => `${person}, mostre que é mesmo você.`,
  code: 'Código',
  codeHint: 'Os seis dígitos que o seu aplicativo autenticador mostra agora.',
  paper: 'Código de recuperação',
  paperHint: 'Um dos que você guardou ao configurar o aplicativo.',
  usePaper: 'Usar um código de recuperação',
  useApp: 'Usar o aplicativo',
  submit: 'Continuar',
  other: 'Entrar de outra forma',
  signInFirst: 'Para configurar um segundo passo, entre mais uma vez: faz tempo que você entrou.',

  pageTitle: 'Segundo passo',
  pageLead: 'Algo que um ladrão da sua senha não tem, pedido a cada entrada.',
  required: 'Uma das suas funções exige um segundo passo. Sem ele, você o configura na próxima entrada.',
  app: 'Aplicativo autenticador',
  appNone: 'Um aplicativo no seu celular mostra um novo código a cada 30 segundos.',
  since: 'Configurado',
  remove: 'Remover o aplicativo',
  removeHint:
    'Para outro celular, remova o aplicativo aqui e configure-o lá. Seus códigos de recuperação também são removidos.',
  again: 'Para mudar algo aqui, entre de novo com o seu segundo passo.',
  codesLeft: (count) =>
    count === '1'
      ? 'Resta um código. Ele deixa você entrar uma vez se ficar sem o celular.'
      : `Restam ${count} códigos. Cada um deixa você entrar uma vez se ficar sem o celular.`,
  renew: 'Criar novos códigos',
  renewHint: 'Os códigos anteriores deixam de valer.',

  setUpTitle: 'Configurar um aplicativo autenticador',
  setUpLead: 'Serve qualquer aplicativo de códigos de uso único.',
  wanted: 'Sua função exige um segundo passo. Serve qualquer aplicativo de códigos de uso único.',
  wantedBy: (client) => `${client} pede um segundo passo. Serve qualquer aplicativo de códigos de uso único.`,
  noneEnough: 'Este aplicativo precisa de uma chave de acesso, e você não tem nenhuma aqui que sirva.',
  addFirst: 'Adicione uma antes, nas páginas da sua conta.',
  toPasskeys: 'Adicionar uma chave de acesso',
  scan: 'Leia esta imagem com o aplicativo.',
  picture: 'QR code para o aplicativo autenticador',
  type: 'Ou digite nele esta chave:',
  secret: 'Chave para o aplicativo',
  open: 'Abrir o aplicativo neste aparelho',
  first: 'Código do aplicativo',
  firstHint: 'Os seis dígitos que ele mostra agora.',
  turnOn: 'Ativar',

  codesTitle: 'Códigos de recuperação',
  codesLead: 'Eles só aparecem desta vez.',
  codesWhat:
    'Se você ficar sem o celular, cada um destes códigos deixa você entrar uma vez. Eles aparecem agora e nunca mais.',
  codesKeep: 'Imprima-os ou guarde-os onde guarda senhas, mas não só no celular com o aplicativo.',
  codesDone: 'Já guardei',

  faults: {
    empty: 'Informe o código.',
    wrong:
      'Este código não está certo ou já foi usado. Cada um vale uma vez: espere o próximo e tente de novo.',
    appClosed: (seconds) =>
      `Foram digitados códigos errados demais para este aplicativo: alguém parece saber a sua senha. Ele volta a valer em ${measure.life(seconds)}. Até lá, use um código de recuperação ou uma chave de acesso, e escolha uma nova senha.`,
    wrongFirst:
      'Este código não está certo. Olhe o aplicativo de novo e veja se o relógio do celular está certo.',
  },
};
