// Owns everything our pages say, in Brazilian Portuguese.
import type { Phrases } from './en.ts';
import { accountPtBr } from './account-pt-br.ts';
import { cliPtBr } from './cli-pt-br.ts';
import { measuresIn } from './measures.ts';
import { passkeysPtBr } from './passkeys-pt-br.ts';
import { secondFactorPtBr } from './second-factor-pt-br.ts';
import { terminalPtBr } from './terminal-pt-br.ts';

const measure = measuresIn('pt-BR');

export const ptBr: Phrases = {
  frame: {
    product: 'Portaria',
    languages: 'Idioma',
    faultTitle: (title) => `Erro: ${title}`,
    copy: 'Copiar',
    copied: 'Copiado',
    showPassword: 'Mostrar',
    hidePassword: 'Ocultar',
    showPasswordLabel: 'Mostrar a senha',
    hidePasswordLabel: 'Ocultar a senha',
    optional: 'opcional',
    reference: 'Referência',
    tryAgain: 'Tentar de novo',
    toHome: 'Ir para a portaria',
  },

  signIn: {
    title: 'Entrar',
    lead: 'Que bom ver você. Identifique-se e pode entrar.',
    leadFor: (client) => `para continuar em ${client}`,
    deviceNote:
      'Um programa em um terminal, ou outro dispositivo, iniciou este acesso. Continue só se foi você quem o iniciou.',
    connector: (label) => `Continuar com ${label}`,
    or: 'ou',
    login: 'E-mail ou nome de usuário',
    password: 'Senha',
    submit: 'Entrar',
    passwordReset: 'Esqueceu a senha?',
    signUp: 'Criar uma conta',
    cancel: (client) => `Voltar para ${client}`,
    cancelPlain: 'Cancelar',
  },

  link: {
    title: 'É você?',
    lead: (email) => `Já existe uma conta com ${email}.`,
    ask: (label) =>
      `${label} confirmou que este endereço é seu. Mostre uma vez que a conta também é e, daqui em diante, você poderá entrar nela com ${label}.`,
    password: 'Senha desta conta',
    submit: 'Confirmar',
    confirmWith: (label) => `Confirmar com ${label}`,
    noProof:
      'Ainda não há como confirmar esta conta por aqui. Peça um link por e-mail, escolha uma senha e volte.',
    choosePassword: 'Pedir o link',
    wrongProof: (label) => `Esse acesso com ${label} não pertence a esta conta. Nada foi vinculado.`,
    other: 'Entrar de outra forma',
  },

  secondFactor: secondFactorPtBr,

  terminal: terminalPtBr,

  signInFaults: {
    wrongLoginOrPassword: 'O nome ou a senha não confere. Verifique os dois e tente de novo.',
    tooManyTries: (minutes) =>
      `Foram tentativas demais. Aguarde ${measure.minutes(minutes)} e tente de novo.`,
    loginEmpty: 'Informe seu e-mail ou nome de usuário.',
    passwordEmpty: 'Informe sua senha.',
    accountBlocked: 'Esta conta está bloqueada. Peça a um administrador para desbloqueá-la.',
    connectorDenied: (label) => `Você cancelou em ${label}. Tente de novo ou entre de outra forma.`,
  },

  fieldFaults: {
    nameEmpty: 'Informe seu nome.',
    nameTooLong: 'Este nome é longo demais. Use no máximo 200 caracteres.',
    emailEmpty: 'Informe seu e-mail.',
    emailInvalid: 'Este endereço de e-mail não é válido. Ele deve ser parecido com ana@example.com.',
    emailDomain:
      'Novas contas só estão abertas a endereços de certas organizações. Use o seu endereço de lá.',
    emailSame: 'Este já é o seu endereço.',
    emailTaken: 'Já existe uma conta com este e-mail.',
    usernameTaken: 'Este nome de usuário já está em uso. Escolha outro.',
    usernameInvalid: 'Use apenas letras, números, pontos, hifens e sublinhados, sem espaços nem @.',
    passwordTooShort: (min) => `Senha curta demais. Use pelo menos ${measure.number(min)} caracteres.`,
    passwordTooLong: (max) => `Senha longa demais. Use no máximo ${measure.number(max)} caracteres.`,
    passwordTooCommon:
      'Esta senha está em listas de senhas vazadas, ou é parecida demais com uma delas, com o seu nome ou com o deste site. Escolha outra: algumas palavras ao acaso são uma boa senha.',
    currentEmpty: 'Informe sua senha atual.',
    currentWrong: 'Esta não é a sua senha atual.',
    required: 'Preencha este campo.',
  },

  consent: {
    title: (client) => `Deixar ${client} entrar?`,
    signedInAs: 'Você entrou como',
    switchAccount: 'Não é você? Entre com outra conta',
    asks: (client) => `${client} quer:`,
    resources: (names) => `O pedido vale para: ${names.join(', ')}.`,
    native: 'Este é um programa no seu próprio dispositivo. Continue somente se você acabou de abri-lo.',
    thirdParty: 'Este aplicativo é de terceiros. Permita somente se você confia neles.',
    policy: 'Política de privacidade',
    terms: 'Termos de uso',
    redirect: (host) => `Em seguida, você vai para ${host}.`,
    redirectApp: 'Em seguida, você volta para o programa neste dispositivo.',
    allow: 'Permitir',
    deny: 'Recusar',
  },

  scopes: {
    openid: { title: 'Saber quem é você', detail: 'Seu identificador, o mesmo em todos os serviços daqui' },
    profile: { title: 'Ver seu perfil', detail: 'Nome, nome de usuário, foto e idioma' },
    email: { title: 'Ver seu e-mail', detail: 'E se ele foi confirmado' },
    offline_access: {
      title: 'Manter a conexão',
      detail: 'Mesmo depois que você sair da conta, até você desconectá-lo',
    },
    read: { title: 'Ler seus dados', detail: 'Perfil, e-mail e papéis; nada é alterado' },
    write: { title: 'Fazer alterações em seu nome', detail: 'Nos serviços que aceitam este acesso' },
    'users.read': { title: 'Consultar outras pessoas', detail: 'Nomes e e-mails das contas daqui' },
    vault: {
      title: 'Usar as contas que você conectou',
      detail: 'Agir por você em serviços como o GitHub, dentro do que você permitiu lá',
    },
    admin: {
      title: 'Administrar o Portaria',
      detail: 'Tudo o que os seus papéis permitem: pessoas, clientes e configurações',
    },
  },

  device: {
    title: 'Conectar um dispositivo',
    lead: 'Digite o código que aparece no seu dispositivo ou terminal.',
    code: 'Código',
    codeHint: 'Oito letras, por exemplo WDJB-MJHT. O hífen não faz diferença.',
    submit: 'Continuar',
    codeEmpty: 'Digite o código que aparece no seu dispositivo.',
    codeWrong: 'Este código não confere. Compare com o seu dispositivo e tente de novo.',
    codeExpired: 'Este código expirou. Comece de novo no seu dispositivo para receber outro.',
    codeUsed: 'Este código já foi usado. Comece de novo no seu dispositivo para receber outro.',
    codeTooManyTries: (minutes) =>
      `Foram códigos errados demais. Aguarde ${measure.minutes(minutes)} e tente de novo.`,
  },

  deviceConfirm: {
    title: (program) => `Conectar ${program}?`,
    same: 'O seu dispositivo mostra este código?',
    warning:
      'Continue somente se foi você quem começou e se o código é o mesmo que aparece no seu dispositivo. Ninguém autorizado vai lhe enviar um código para digitar aqui.',
    requested: 'Pedido',
    ip: 'Do endereço',
    userAgent: 'Por',
    started: 'Quando',
    ago: (seconds) => measure.ago(seconds),
    confirm: 'Sim, continuar',
    abort: 'Cancelar',
  },

  deviceDone: {
    allowedTitle: 'Tudo conectado',
    allowed: 'Você já pode voltar ao seu dispositivo e fechar esta janela.',
    allowedFor: (program) => `Você já pode voltar para ${program} e fechar esta janela.`,
    deniedTitle: 'Nada foi conectado',
    denied: 'O pedido foi recusado e o código não funciona mais. Você pode fechar esta janela.',
  },

  continuing: {
    title: 'Um momento',
    submit: 'Continuar',
  },

  setup: {
    title: 'Configurar o Portaria',
    lead: 'Você é a primeira pessoa aqui. Crie a conta de administração; esta página funciona uma única vez.',
    name: 'Nome',
    email: 'E-mail',
    username: 'Nome de usuário',
    usernameHint: 'Letras, números, pontos, hifens e sublinhados. Um nome curto para entrar.',
    password: 'Senha',
    passwordHint: (min) =>
      `Pelo menos ${measure.number(min)} caracteres. Várias palavras seguidas são fáceis de lembrar.`,
    submit: 'Criar a conta',
  },

  signUp: {
    title: 'Criar uma conta',
    lead: 'Informe seu e-mail. Vamos enviar um link para você escolher um nome e uma senha.',
    email: 'E-mail',
    submit: 'Enviar o link',
    toSignIn: 'Já tenho uma conta',
    sentTitle: 'Confira seu e-mail',
    sent: 'Enviamos uma mensagem para esse endereço. Abra o link que está nela, de preferência neste navegador.',
    sentNext:
      'Não chegou nada depois de alguns minutos? Olhe na pasta de spam e confira como você escreveu o endereço. Enviamos no máximo três mensagens por hora para o mesmo endereço.',
    askAgain: 'Usar outro endereço',
    formTitle: 'Crie sua conta',
    formLead: (email) => `${email} está confirmado. Só faltam um nome e uma senha.`,
    formSubmit: 'Criar a conta',
    doneTitle: 'Sua conta está pronta',
    done: 'Volte ao aplicativo de onde você veio e entre, ou entre por aqui.',
    signIn: 'Entrar',
  },

  resetPassword: {
    title: 'Escolher uma nova senha',
    lead: 'Informe o e-mail da sua conta. Vamos enviar um link para você escolher uma nova senha.',
    email: 'E-mail',
    submit: 'Enviar o link',
    toSignIn: 'Voltar para o acesso',
    sentTitle: 'Confira seu e-mail',
    sent: 'Se houver uma conta com esse endereço, uma mensagem com um link já está a caminho.',
    sentNext:
      'Não chegou nada depois de alguns minutos? Olhe na pasta de spam e confira como você escreveu o endereço. Enviamos no máximo três mensagens por hora para o mesmo endereço.',
    askAgain: 'Usar outro endereço',
    newTitle: 'Escolha uma nova senha',
    newLead: (email) => `para ${email}`,
    password: 'Nova senha',
    endsAll: 'Você sairá da sua conta em todos os dispositivos e programas.',
    newSubmit: 'Mudar a senha',
    doneTitle: 'Sua senha foi alterada',
    done: 'Você saiu da conta em todos os lugares. Entre com a nova senha, aqui ou no aplicativo de onde você veio.',
    signIn: 'Entrar',
  },

  mail: {
    hello: 'Olá!',
    helloTo: (name) => `Olá, ${name}!`,
    linkHint: 'Se o botão não funcionar, copie este endereço no seu navegador:',
    sentBy: (host) => `Enviado por ${host}. Ninguém daqui vai pedir a sua senha nem este link.`,
    passwordReset: (seconds) => ({
      subject: 'Escolha uma nova senha',
      paragraphs: ['Alguém, provavelmente você, pediu uma nova senha para a sua conta.'],
      button: 'Escolher uma nova senha',
      note: `O link funciona uma única vez e vale por ${measure.life(seconds)}. Se não foi você, não é preciso fazer nada: sua senha continua a mesma.`,
    }),
    passwordChanged: {
      subject: 'Sua senha foi alterada',
      paragraphs: [
        'A senha da sua conta acaba de ser alterada, e a conta foi desconectada em todos os outros lugares.',
      ],
    },
    passkeyAdded: {
      subject: 'Uma chave de acesso foi adicionada à sua conta',
      paragraphs: ['A partir de agora, ela abre a sua conta.'],
    },
    passkeyRemoved: {
      subject: 'Uma chave de acesso foi removida da sua conta',
      paragraphs: ['Ela não abre mais a sua conta.'],
    },
    personalTokenMade: {
      subject: 'Um token pessoal foi criado para a sua conta',
      paragraphs: ['Quem o tiver pode agir em seu nome. Todos eles estão nas páginas da sua conta.'],
    },
    personalTokenExpiring: ([name = '', when = '']) => ({
      subject: 'Um token pessoal seu está para terminar',
      paragraphs: [
        `O token “${name}” funciona até ${when}. Se um programa ainda precisa dele, crie outro e entregue-o ao programa antes disso.`,
      ],
      button: 'Ver meus tokens',
    }),
    signUp: (seconds) => ({
      subject: 'Crie sua conta',
      paragraphs: ['Alguém, provavelmente você, quer criar uma conta com este endereço.'],
      button: 'Criar a conta',
      note: `O link funciona uma única vez e vale por ${measure.life(seconds)}. Se não foi você, não é preciso fazer nada: nenhuma conta será criada.`,
    }),
    invitation: (seconds) => ({
      subject: 'Você recebeu um convite',
      paragraphs: ['Você foi convidado a criar uma conta aqui. O nome e a senha, é você quem escolhe.'],
      button: 'Criar a conta',
      note: `O link funciona uma única vez e vale por ${measure.life(seconds)}.`,
    }),
    emailChange: (seconds) => ({
      subject: 'Confirme seu novo endereço',
      paragraphs: ['Alguém, provavelmente você, quer que este seja o endereço da própria conta.'],
      button: 'Confirmar o endereço',
      note: `O link funciona uma única vez e vale por ${measure.life(seconds)}. Se não foi você, não é preciso fazer nada: nada será alterado.`,
    }),
    notMe: (seconds) => ({
      button: 'Não fui eu',
      note: `Se não foi você, outra pessoa está na sua conta. Com o link você desconecta todo mundo e depois escolhe uma nova senha. Ele funciona uma única vez e vale por ${measure.life(seconds)}.`,
    }),
    emailChanged: {
      subject: 'Seu endereço foi alterado',
      paragraphs: [
        'Sua conta agora tem outro e-mail. Este endereço não pertence mais a ela.',
        'Se foi você, não é preciso fazer nada.',
        'O link abaixo também devolve este endereço à conta.',
      ],
    },
    emailRestored: {
      subject: 'Seu endereço anterior voltou a valer',
      paragraphs: [
        'Quem lê a caixa de entrada que sua conta tinha antes diz que não pediu o novo endereço. A conta voltou ao endereço anterior, e todos foram desconectados.',
        'Se foi você que mudou o endereço, avise um administrador.',
      ],
    },
    newSignIn: {
      subject: 'Acesso em um novo navegador',
      paragraphs: [
        'Alguém entrou na sua conta em um navegador que ainda não conhecíamos.',
        'Se foi você, não é preciso fazer nada.',
      ],
    },
    secondFactorAdded: {
      subject: 'Um segundo passo foi adicionado à sua conta',
      paragraphs: [
        'A partir de agora, a entrada também pede um código do seu aplicativo autenticador. Guarde seus códigos de recuperação em lugar seguro.',
      ],
    },
    secondFactorRemoved: {
      subject: 'O segundo passo foi retirado da sua conta',
      paragraphs: [
        'A entrada não pede mais um código de aplicativo autenticador. Seus códigos de recuperação não valem mais.',
      ],
    },
    secondFactorReset: {
      subject: 'Um administrador retirou o segundo passo da sua conta',
      paragraphs: [
        'Você saiu da conta em todos os lugares, e a entrada não pede mais um código. Configure de novo um segundo passo quando puder.',
        'Se você não pediu isso, avise um administrador.',
      ],
    },
    recoveryCodeUsed: {
      subject: 'Um código de recuperação seu foi usado',
      paragraphs: [
        'Alguém entrou na sua conta com um dos seus códigos de recuperação. Esse código já não vale.',
      ],
    },
    recoveryCodesRenewed: {
      subject: 'Você tem novos códigos de recuperação',
      paragraphs: [
        'Novos códigos de recuperação foram criados para a sua conta. Os anteriores não valem mais.',
      ],
    },
    addressTaken: {
      subject: 'Este endereço já pertence a uma conta',
      paragraphs: [
        'Alguém, talvez você, quis usar este endereço na própria conta. Ele pertence a outra conta, por isso nada foi alterado.',
        'Se foi você: entre na conta que tem este endereço e, primeiro, dê outro a ela.',
      ],
    },
    accountExists: {
      subject: 'Você já tem uma conta',
      paragraphs: [
        'Alguém, provavelmente você, quis criar uma conta com este endereço. Você já tem uma: entre com ela.',
        'Se você esqueceu a senha, pode escolher uma nova.',
      ],
      button: 'Escolher uma nova senha',
      note: 'Se não foi você, não é preciso fazer nada: nada foi alterado.',
    },
  },

  home: {
    title: 'Portaria',
    signedOutTitle: 'Boas-vindas',
    signedOut: 'Aqui é a portaria. Entre uma vez, e todos os serviços da casa saberão quem você é.',
    signIn: 'Entrar',
    greeting: (name) => `Olá, ${name}`,
    identifier: 'Seu identificador',
    identifierHint: 'É o mesmo em todos os serviços. Nunca muda e não é segredo.',
    roles: 'Papéis',
    services: 'Serviços',
    account: 'Sua conta',
    signOut: 'Sair',
  },

  account: accountPtBr,

  cli: cliPtBr,
  passkeys: passkeysPtBr,

  logout: {
    title: 'Sair?',
    question: 'Você quer sair do Portaria?',
    questionFor: (client) => `Você quer sair do Portaria e de ${client}?`,
    signedInAs: 'Você entrou como',
    note: 'Programas de linha de comando e dispositivos que você conectou continuam conectados.',
    signOut: 'Sair',
    stay: 'Ficar na conta',
    doneTitle: 'Você saiu',
    done: 'Até a próxima. Em um computador compartilhado, feche também o navegador.',
    doneFor: (client) => `Você saiu de ${client} e do Portaria.`,
  },

  errorPage: {
    waitAbout: (seconds) => `Tente de novo em cerca de ${measure.wait(seconds)}.`,
    client: 'Cliente',
    developers: 'Se você desenvolve este aplicativo',
    redirectHints: [
      'Compare o redirect_uri da requisição com os que estão registrados para este cliente, letra por letra: esquema, host, porta, caminho e a barra final contam.',
      'Adicione-o com “npx portaria clients update” ou peça ao administrador deste servidor.',
      'O log deste servidor mostra o endereço recusado, sob a referência abaixo.',
    ],
  },

  errors: {
    invalid_request: {
      title: 'Não deu certo',
      happened: 'Algo no pedido está faltando ou não está como deveria.',
      next: 'Volte ao aplicativo de onde você veio e comece de novo. Se acontecer outra vez, envie a referência abaixo a quem o desenvolve.',
    },
    access_denied: {
      title: 'O acesso não foi concedido',
      happened: 'O pedido foi recusado ou a sua conta não tem permissão para isto.',
      next: 'Se você acha que deveria ter acesso, fale com um administrador.',
    },
    invalid_client: {
      title: 'Não conhecemos este aplicativo',
      happened: 'O aplicativo que enviou você não está registrado ou foi desativado.',
      next: 'Avise os responsáveis pelo aplicativo e informe a referência abaixo.',
    },
    unregistered_redirect_uri: {
      title: 'Este endereço de retorno não está registrado',
      happened:
        'O aplicativo pediu que enviássemos você a um endereço que não está na lista dele. Para sua segurança, paramos aqui.',
      next: 'Avise os responsáveis pelo aplicativo e informe a referência abaixo.',
    },
    session_not_found: {
      title: 'Não é possível continuar este acesso',
      happened: 'Ele foi iniciado em outro navegador ou expirou.',
      next: 'Volte ao aplicativo de onde você veio e entre de novo.',
    },
    too_many_requests: {
      title: 'Um momento, por favor',
      happened: 'Houve tentativas demais em pouco tempo.',
      next: 'Aguarde um pouco e tente de novo.',
    },
    temporarily_unavailable: {
      title: 'Voltamos já',
      happened: 'O servidor não consegue responder agora. Nada foi alterado.',
      next: 'Tente de novo em alguns segundos.',
    },
    not_found: {
      title: 'Esta página não existe',
      happened: 'O endereço pode estar incorreto ou a página não está mais aqui.',
      next: 'Confira o endereço ou comece pela portaria.',
    },
    method_not_allowed: {
      title: 'Esta página não se abre assim',
      happened: 'Este endereço recebe formulários ou responde a programas. Não há nada para ler nele.',
      next: 'Volte à página de onde você veio ou comece pela portaria.',
    },
    upstream_failed: {
      title: 'O outro serviço não respondeu',
      happened: 'O serviço com o qual você queria entrar não fez a parte dele.',
      next: 'Tente de novo ou entre de outra forma.',
    },
    sign_up_closed: {
      title: 'Novas contas só por convite',
      happened: 'Nenhuma conta daqui corresponde a este acesso, e o cadastro não está aberto a todos.',
      next: 'Peça um convite a um administrador ou entre com uma conta que você já tem.',
    },
    server_error: {
      title: 'Algo falhou do nosso lado',
      happened: 'A culpa não foi sua. A falha foi registrada.',
      next: 'Tente de novo daqui a pouco. Se continuar, envie a referência abaixo ao administrador.',
    },
    sign_in_again: {
      title: 'Entre de novo, por favor',
      happened: 'Seu acesso terminou ou foi há tempo demais para isto. Nada foi alterado.',
      next: 'Entre e envie o formulário mais uma vez.',
    },
    form_expired: {
      title: 'Este formulário expirou',
      happened:
        'A página ficou aberta por tempo demais ou o navegador não enviou os cookies. Nada foi alterado.',
      next: 'Volte, recarregue a página e envie outra vez.',
    },
    no_verified_email: {
      title: 'Nenhum e-mail confirmado',
      happened: 'O serviço com o qual você entrou não nos informou um e-mail confirmado.',
      next: 'Confirme seu e-mail lá, ou permita que ele seja compartilhado, e tente de novo. Você também pode entrar de outra forma.',
    },
    account_blocked: {
      title: 'Esta conta está bloqueada',
      happened: 'Um administrador a bloqueou.',
      next: 'Peça a um administrador para desbloqueá-la.',
    },
    link_over: {
      title: 'Esta etapa terminou',
      happened: 'Ela já foi concluída, demorou demais ou outro acesso tomou o lugar dela. Nada foi alterado.',
      next: 'Entre de novo. Se a sua conta ainda não estiver vinculada, perguntaremos outra vez.',
    },
    set_up_over: {
      title: 'Isto demorou demais',
      happened: 'A página ficou aberta tempo demais ou foi aberta em outro lugar. Nada foi alterado.',
      next: 'Comece de novo.',
    },
    second_factor_over: {
      title: 'Esta etapa terminou',
      happened: 'Ela já foi concluída ou demorou demais. Nada foi alterado.',
      next: 'Entre de novo. O segundo passo será pedido outra vez.',
    },
    proof_of_another: {
      title: 'Isto pertence a outra conta',
      happened: 'A confirmação não pertence à conta com o seu e-mail. Nada foi vinculado.',
      next: 'Volte e confirme com a conta que tem este endereço.',
    },
    identity_taken: {
      title: 'Este acesso já tem dono',
      happened: 'Nesse meio-tempo, ele passou a pertencer a outra conta daqui. Nada foi vinculado.',
      next: 'Entre com ele assim mesmo ou entre de outra forma.',
    },
    account_exists: {
      title: 'Você já tem uma conta aqui',
      happened: 'Existe uma conta com o e-mail deste acesso.',
      next: 'Volte e entre da forma que você usou antes.',
    },
    setup_link_invalid: {
      title: 'Este link de configuração não é válido',
      happened: 'Ele já foi usado, um mais novo foi criado ou não foi copiado por completo.',
      next: 'Se já existe um administrador, basta entrar. Caso contrário, reinicie o servidor: ele mostra um novo link.',
    },
    link_expired: {
      title: 'Este link expirou',
      happened: 'Ele já foi usado ou o prazo dele acabou.',
      next: 'Comece de novo de onde você recebeu o link.',
    },
    request_too_large: {
      title: 'Conteúdo grande demais',
      happened: 'O que foi enviado é maior do que aceitamos.',
      next: 'Volte, envie menos e tente de novo.',
    },
  },
};
