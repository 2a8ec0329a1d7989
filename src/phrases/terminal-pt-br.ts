// Owns what is said about sign-ins that a terminal waits for, in Portuguese.
import type { TerminalPhrases } from './terminal-en.ts';

export const terminalPtBr: TerminalPhrases = {
  letters: 'Letras',
  lettersHint: 'As quatro letras que aparecem no seu terminal, por exemplo WDJB.',
  device: 'Apresenta-se como',
  warning:
    'Continue somente se foi você quem começou, em um terminal que está na sua frente. Quem lhe envia este link, ou letras para ele, quer entrar como você.',
  lettersEmpty: 'Digite as quatro letras que aparecem no seu terminal.',
  lettersWrong: 'Estas não são as letras que aparecem no seu terminal. Confira e tente de novo.',
  guessed:
    'As letras não conferiram três vezes, e este link não vale mais nada. Comece de novo no seu terminal. Se ele não é seu, alguém quis entrar como você, e não conseguiu.',

  events: {
    'polling_session.allowed': (client) => `Você conectou ${client} em um terminal.`,
    'polling_session.denied': (client) => `Você recusou conectar ${client} em um terminal.`,
    'polling_session.guessed': (client) =>
      `Foram digitadas letras erradas para ${client}, e nenhum terminal foi conectado.`,
    'polling_session.completed': (client) => `${client} soube, em um terminal, quem você é.`,
  },
};
