import { el } from './dom.ts';

/** What a mark of a figure, an interval or a histogram says, beside the pointer. The tables say the same to all others. */
export function showLabels(): void {
  const tip = el('div', { class: 'tip', 'aria-hidden': 'true' });
  tip.hidden = true;
  document.body.append(tip);
  document.addEventListener('pointerover', ({ target }) => {
    const mark = target instanceof Element ? target.closest('[data-label]') : null;
    const label = mark?.getAttribute('data-label') ?? '';
    tip.hidden = label === '';
    tip.replaceChildren(...label.split('; ').map((line) => el('div', {}, line)));
  });
  document.addEventListener('pointermove', ({ clientX, clientY }) => {
    if (tip.hidden) return;
    const right = Math.min(clientX + 14, innerWidth - tip.offsetWidth - 8);
    tip.style.translate = `${Math.max(8, right)}px ${Math.min(clientY + 14, innerHeight - tip.offsetHeight - 8)}px`;
  });
}

/** A link into something folded unfolds it. */
export function openDetailsOf(): void {
  const unfold = (): void => {
    const id = decodeURIComponent(location.hash.slice(1).split('?')[0] ?? '');
    const target = id === '' ? null : document.getElementById(id);
    if (target instanceof HTMLDetailsElement && !target.open) {
      target.open = true;
      target.scrollIntoView();
    }
  };
  addEventListener('hashchange', unfold);
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a[href^="#"]') : null;
    if (link !== null) setTimeout(unfold);
  });
  unfold();
  addEventListener('beforeprint', () => {
    for (const details of document.querySelectorAll<HTMLDetailsElement>('details.stage')) details.open = true;
  });
}
