// Owns what is said about passkeys, in Brazilian Portuguese.
import type { PasskeyPhrases } from './passkeys-en.ts';

export const passkeysPtBr: PasskeyPhrases = {
  title: 'Chaves de acesso',
  lead: 'Entre com o dedo, o rosto ou o PIN do seu aparelho. Nada para decorar, e nada que uma página falsa possa pedir.',
  none: 'Você ainda não tem nenhuma chave de acesso.',
  count: (count) => (count === '1' ? 'Você tem uma chave de acesso.' : `Você tem ${count} chaves de acesso.`),
  added: 'Adicionada',
  lastUsed: 'Último uso',
  never: 'ainda não',
  kept: 'Guardada',
  here: 'só em um aparelho',
  synced: 'em todos os seus aparelhos, pelo seu gerenciador de senhas',
  rename: 'Renomear',
  renameOf: (name) => `Renomear ${name}`,
  nameOf: (name) => `Novo nome para ${name}`,
  save: 'Salvar',
  remove: 'Remover',
  removeOf: (name) => `Remover ${name}`,
  last: 'Esta é a sua única forma de entrar, por isso ela fica. Adicione outra antes.',
  add: 'Adicionar uma chave de acesso',
  name: 'Nome',
  nameHint: 'Para você distinguir esta das outras.',
  impossible: 'Chaves de acesso só funcionam quando este servidor tem um nome e é acessado por https.',
  unsupported: 'Este navegador não consegue usar chaves de acesso aqui. Atualize o navegador ou use outro.',
  needsScript: 'Chaves de acesso precisam de JavaScript, que está desligado neste navegador.',
  cancelled: 'Foi cancelado, ou demorou demais. Nada foi alterado.',
  known: 'Este aparelho já tem uma chave de acesso para a sua conta.',

  signIn: 'Entrar com chave de acesso',
  confirm: 'Usar uma chave de acesso',

  faults: {
    over: 'Demorou demais, ou já tinha sido feito. Tente de novo.',
    wrong: 'Não foi possível verificar a chave de acesso. Tente de novo, ou entre de outra forma.',
    unknown: 'Esta chave de acesso não abre nenhuma conta aqui. Entre de outra forma.',
    other: 'Esta chave de acesso não é desta conta. Use outra.',
    copied:
      'Esta chave de acesso não foi aceita: ela pode ter sido copiada. Entre de outra forma, remova-a da sua conta e adicione uma nova.',
    known: 'Esta chave de acesso já está aqui. Nada foi adicionado.',
    tooMany: 'Você já tem o máximo de chaves de acesso de uma conta. Remova uma que não usa mais.',
    last: 'Esta é a sua única forma de entrar. Adicione outra antes de removê-la. Nada foi alterado.',
    missing: 'Essa chave de acesso já tinha sido removida.',
    nameEmpty: 'Digite um nome.',
  },
};
