// Owns what is said about second factors, in Brazilian Portuguese.
import type { SecondFactorPhrases } from './second-factor-en.ts';

export const secondFactorPtBr: SecondFactorPhrases = {
  title: 'Só mais um passo',
  lead: (person) => `${person}, mostre que é você mesmo.`,
  code: 'Código',
  codeHint: 'Os seis dígitos que o seu aplicativo autenticador mostra agora.',
  codeHintRecovery:
    'Os seis dígitos que o seu aplicativo autenticador mostra agora, ou um dos seus códigos de recuperação.',
  submit: 'Continuar',
  other: 'Entrar de outra forma',
  faults: {
    empty: 'Informe o código.',
    wrong:
      'Este código não está certo ou já foi usado. Cada um vale uma vez: espere o próximo e tente de novo.',
  },
};
