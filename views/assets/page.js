// Only improves: without it the same pages work, minus two buttons.
document.documentElement.classList.add('js');

for (const button of document.querySelectorAll('[data-copy]')) {
  const before = button.textContent;
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      return;
    }
    button.textContent = button.dataset.copied;
    setTimeout(() => (button.textContent = before), 2000);
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
