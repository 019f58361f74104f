// How does a list that changes often stay true on a screen that nobody touches? A script asks for the same page again
// and puts what changed in its place. It sends nothing, decides nothing, and does not count as somebody being there.

import { createHash } from 'node:crypto';

export const refreshSeconds = 20;

/** On each request of this script; whoever reads the session honours it only by not prolonging it (S15). */
export const refreshHeader = 'Apodera-Refresh';

/**
 * It can be paused (WCAG 2.2.2): the button is shown where this script runs, and a tab remembers it for its page.
 * Only while the page is visible, and not while somebody works in it: a focus, a touched form or selected text stays
 * as it is. It ends, and says so, with the session or where somebody else signed in meanwhile; a busy server only
 * costs a turn. Not announced otherwise: who reads aloud is not interrupted every few seconds.
 */
export const refreshScript = `
'use strict';
(() => {
  let touched = false;
  let asking = false;
  const live = document.querySelector('[data-refresh]');
  const button = live.querySelector('button');
  const key = 'refresh-paused ' + location.pathname;
  let paused = sessionStorage.getItem(key) === '1';
  const inUse = () => {
    const focus = document.activeElement;
    const works = !!(focus && focus !== button && focus.closest('main, nav.side'));
    return document.hidden || paused || touched || works || !getSelection().isCollapsed;
  };

  function say() {
    for (const text of live.querySelectorAll('[data-when]')) text.hidden = (text.dataset.when === 'paused') !== paused;
    live.hidden = false;
  }

  function settle(old, fresh) {
    if (old === live || old.isEqualNode(fresh)) return;
    const [had, has] = [[...old.childNodes], [...fresh.childNodes]];
    const alike = had.length === has.length && old.cloneNode(false).isEqualNode(fresh.cloneNode(false));
    if (had.length > 0 && alike) had.forEach((each, at) => settle(each, has[at]));
    else old.replaceWith(fresh);
  }

  function end() {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', turn);
    live.hidden = true;
    document.querySelector('[data-refresh-ended]').hidden = false;
  }

  async function turn() {
    if (asking || inUse()) return;
    asking = true;
    try {
      const reply = await fetch(location.href, { headers: { '${refreshHeader}': '1' }, redirect: 'manual' });
      if (reply.status >= 500) return;
      if (!reply.ok) return end();
      const fresh = new DOMParser().parseFromString(await reply.text(), 'text/html');
      if (!fresh.querySelector('header.top').isEqualNode(document.querySelector('header.top'))) return end();
      if (inUse()) return;
      for (const part of ['main', 'nav.side']) settle(document.querySelector(part), fresh.querySelector(part));
    } catch {
      // No network for now: the next turn asks again.
    } finally {
      asking = false;
    }
  }

  say();
  button.addEventListener('click', () => {
    paused = !paused;
    sessionStorage.setItem(key, paused ? '1' : '');
    say();
    turn();
  });
  const timer = setInterval(turn, ${refreshSeconds * 1000});
  document.addEventListener('visibilitychange', turn);
  document.addEventListener('input', () => (touched = true));
})();
`.trim();

const hash = createHash('sha256').update(refreshScript).digest('hex').slice(0, 16);

/** Path on the pages door; whatever is served there never changes. */
export const refreshScriptPath = `/assets/refresh.${hash}.js`;
