// How does a list that changes often stay true on a screen that nobody touches? A script asks for the same page again
// and puts what changed in its place. It sends nothing, decides nothing, and does not count as somebody being there.

import { createHash } from 'node:crypto';

const everySeconds = 20;

/** On each request of this script; whoever reads the session honours it only by not prolonging it (S15). */
export const refreshHeader = 'Apodera-Refresh';

/**
 * Only while the page is visible, and not while somebody works in it: a focus, a touched form or selected text stays
 * as it is. It ends, and says so, with the session or where somebody else signed in meanwhile; a busy server only
 * costs a turn. Not announced otherwise: who reads aloud is not interrupted every few seconds.
 */
export const refreshScript = `
'use strict';
(() => {
  let touched = false;
  let asking = false;
  const inUse = () => {
    const focus = document.activeElement;
    return document.hidden || touched || !getSelection().isCollapsed || !!(focus && focus.closest('main, nav.side'));
  };

  function settle(old, fresh) {
    if (old.isEqualNode(fresh)) return;
    const [had, has] = [[...old.childNodes], [...fresh.childNodes]];
    const alike = had.length === has.length && old.cloneNode(false).isEqualNode(fresh.cloneNode(false));
    if (had.length > 0 && alike) had.forEach((each, at) => settle(each, has[at]));
    else old.replaceWith(fresh);
  }

  function end() {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', turn);
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

  const timer = setInterval(turn, ${everySeconds * 1000});
  document.addEventListener('visibilitychange', turn);
  document.addEventListener('input', () => (touched = true));
})();
`.trim();

const hash = createHash('sha256').update(refreshScript).digest('hex').slice(0, 16);

/** Path on the pages door; whatever is served there never changes. */
export const refreshScriptPath = `/assets/refresh.${hash}.js`;
