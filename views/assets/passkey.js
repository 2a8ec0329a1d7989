// Passkeys: asks this browser for one, and sends what it answers with the form that it stands in. Whatever goes wrong with the
// server is told by the page that the form leads to.
const { PublicKeyCredential: Passkey } = window;
const canUsePasskeys = typeof Passkey?.parseRequestOptionsFromJSON === 'function';
const passkeyForms = [...document.querySelectorAll('form[data-passkey]')];
let offered;

async function optionsOf(form) {
  const response = await fetch(form.dataset.options, {
    method: 'POST',
    headers: { accept: 'application/json' },
    body: new URLSearchParams(new FormData(form)),
  });
  return response.ok ? response.json() : undefined;
}

function askBrowser(form, options, more) {
  return form.dataset.passkey === 'create'
    ? navigator.credentials.create({ publicKey: Passkey.parseCreationOptionsFromJSON(options), ...more })
    : navigator.credentials.get({ publicKey: Passkey.parseRequestOptionsFromJSON(options), ...more });
}

async function usePasskey(form, options, more) {
  const credential = await askBrowser(form, options, more);
  form.elements.answer.value = JSON.stringify(credential);
  form.submit();
}

/** In the list that opens at the field for the name, for as long as nobody presses the button. */
async function offer(form) {
  if (!document.querySelector('[autocomplete~="webauthn"]')) return;
  if (!(await Passkey.isConditionalMediationAvailable?.())) return;
  const options = await optionsOf(form);
  if (!options || offered?.signal.aborted) return;
  offered = new AbortController();
  const { signal } = offered;
  // The question is asked anew before it is too old to be answered.
  const renewal = setTimeout(() => {
    offered.abort();
    offered = undefined;
    void offer(form);
  }, options.timeout * 0.9);
  signal.addEventListener('abort', () => clearTimeout(renewal));
  await usePasskey(form, options, { mediation: 'conditional', signal }).catch(() => {});
}

async function press(form) {
  const status = form.querySelector('[role=status]');
  status.textContent = '';
  // What may have to be said later gets its place now, while the person expects something to happen: nothing moves then.
  form.classList.add('asked');
  offered?.abort();
  try {
    const options = await optionsOf(form);
    if (options) await usePasskey(form, options);
    else form.submit();
  } catch (error) {
    const { cancelled, known } = status.parentElement.dataset;
    status.textContent = error.name === 'InvalidStateError' && known ? known : cancelled;
  }
}

if (canUsePasskeys) {
  document.documentElement.classList.add('passkeys');
  for (const form of passkeyForms) {
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void press(form);
    });
    if (form.dataset.passkey === 'get') void offer(form);
  }
  // What was removed here need not be offered by the device any more.
  const accepted = document.querySelector('[data-accepted]')?.dataset.accepted;
  if (accepted) Passkey.signalAllAcceptedCredentials?.(JSON.parse(accepted)).catch(() => {});
} else {
  document.documentElement.classList.add('no-passkeys');
}
