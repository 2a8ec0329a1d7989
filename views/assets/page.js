// Only improves: without it the same pages work, minus two buttons.
document.documentElement.classList.add('js');

document.querySelector('form[data-send]')?.submit();

for (const button of document.querySelectorAll('[data-copy]')) {
  const status = button.nextElementSibling;
  const [text, label] = [button.textContent, button.getAttribute('aria-label')];
  const say = (shown, read, news) => {
    button.textContent = shown;
    button.setAttribute('aria-label', read);
    status.textContent = news;
  };
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      return;
    }
    const { copied } = button.dataset;
    say(copied, copied, copied);
    setTimeout(() => say(text, label, ''), 2000);
  });
}

for (const button of document.querySelectorAll('[data-reveal]')) {
  const input = document.getElementById(button.dataset.reveal);
  const show = (visible) => {
    input.type = visible ? 'text' : 'password';
    button.textContent = visible ? button.dataset.hide : button.dataset.show;
    button.setAttribute('aria-label', visible ? button.dataset.hideLabel : button.dataset.showLabel);
  };
  button.addEventListener('click', () => show(input.type === 'password'));
  // A browser offers to keep a password only when it is sent as one.
  input.form.addEventListener('submit', () => show(false));
}

for (const moment of document.querySelectorAll('time[datetime]')) {
  // The server does not know where its reader is.
  moment.textContent = new Date(moment.dateTime).toLocaleString(document.documentElement.lang, {
    dateStyle: 'medium',
    timeStyle: 'short',
  });
}
