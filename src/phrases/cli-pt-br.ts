// Owns what /cli says, in Brazilian Portuguese.
import type { CliPhrases } from './cli-en.ts';
import { measuresIn } from './measures.ts';

const measure = measuresIn('pt-BR');

export const cliPtBr: CliPhrases = {
  title: 'Um token para o seu programa',
  lead: 'O programa no seu terminal não consegue entrar sozinho. Com um token ele age em seu nome, sem nunca saber a sua senha.',
  leadFor: (program) =>
    `Um programa que se apresenta como “${program}” não consegue entrar sozinho. Com um token ele age em seu nome, sem nunca saber a sua senha.`,
  warning:
    'Continue somente se foi você quem abriu o programa. Se alguém lhe enviou este link, ou lhe pede o token, feche esta página: essa pessoa agiria em seu nome.',
  may: 'Com o token ele pode',
  life: (days) => `Por ${measure.life(days * 86_400)}, a não ser que você o encerre antes.`,
  other: 'Escolher você mesmo o que ele pode fazer, e por quanto tempo',
  tokenName: 'Programa no terminal',
  paste: 'Volte ao terminal, cole o token e tecle Enter. Depois você pode fechar esta janela.',
  pasteFor: (program) =>
    `Volte para “${program}”, cole o token e tecle Enter. Depois você pode fechar esta janela.`,
  only: 'Não o cole em nenhum outro lugar nem o envie a ninguém: quem o tiver age em seu nome.',
  manage: 'Todos os seus tokens, e como encerrá-los',
};
