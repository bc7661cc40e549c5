// Keeps the page as things are: asks for it again and takes over what has changed, so that focus,
// scroll, selection and what is unfolded stay. Without it the page is the same, and reloads.
(() => {
  'use strict';
  const EVERY = 5000;
  const PATIENCE = 10000;
  const KEPT = 'okta-exporter unfolded';
  const unfolded = new Set(recall());
  let ahead = 0; // this clock, less that of who drew the page
  let title = '';

  function recall() {
    try { return JSON.parse(sessionStorage.getItem(KEPT)) ?? []; } catch { return []; }
  }

  function remember() {
    try { sessionStorage.setItem(KEPT, JSON.stringify([...unfolded])); } catch { /* then not */ }
  }

  const icon = () => document.querySelector('link[rel=icon]');
  const shown = () => [...document.querySelectorAll('head > style, head > script')];

  /* The same words as in times.rs. */
  function length(seconds) {
    if (seconds < 120) return `${seconds} s`;
    if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
    if (seconds < 172800) return `${Math.floor(seconds / 3600)} h`;
    return `${Math.floor(seconds / 86400)} d`;
  }

  function told(time, now) {
    const { left, ago } = time.dataset;
    const seconds = Math.floor((left ? left - now : now - ago) / 1000);
    if (left) return seconds > 0 ? `in ${length(seconds)}` : 'now';
    return `${length(Math.max(seconds, 0))} ago`;
  }

  function count() {
    const now = Date.now() - ahead;
    keeping(() => {
      for (const time of document.querySelectorAll('time[data-left], time[data-ago]')) {
        const text = told(time, now);
        if (time.textContent !== text) time.textContent = text;
      }
    });
  }

  /* Changes the page under the eyes of somebody who has focused or selected something there. */
  function keeping(change) {
    const focused = document.activeElement;
    const selection = getSelection();
    const { anchorNode, anchorOffset, focusNode, focusOffset, isCollapsed } = selection;
    const before = seenAt(focused);
    change();
    if (document.activeElement !== focused && focused?.isConnected) focused.focus({ preventScroll: true });
    // The browser keeps what stands at the top in its place; what is used has more right to it.
    if (before !== null && focused.isConnected) scrollBy(0, focused.getBoundingClientRect().top - before);
    if (isCollapsed || !anchorNode?.isConnected || !focusNode?.isConnected) return;
    if (selection.anchorNode === anchorNode && selection.anchorOffset === anchorOffset
      && selection.focusNode === focusNode && selection.focusOffset === focusOffset) return;
    const within = (node, offset) => Math.min(offset, node.data?.length ?? node.childNodes.length);
    selection.setBaseAndExtent(anchorNode, within(anchorNode, anchorOffset), focusNode, within(focusNode, focusOffset));
  }

  /* How far down the screen an element is; null where it is not on it, or is the whole page. */
  function seenAt(element) {
    if (!element || element === document.body || element.id === 'main') return null;
    const { top } = element.getBoundingClientRect();
    return top >= 0 && top < innerHeight ? top : null;
  }

  /* Makes one element like another: children are the same by their id, or by their place. */
  function morph(old, next) {
    if (old.id === 'stale') return;
    for (const { name, value } of [...next.attributes]) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    for (const { name } of [...old.attributes]) {
      if (!next.hasAttribute(name) && !(name === 'open' && old.localName === 'details')) old.removeAttribute(name);
    }
    const byId = new Map([...old.children].filter((child) => child.id).map((child) => [child.id, child]));
    const move = old.moveBefore ?? old.insertBefore;
    let place = old.firstChild;
    for (const wanted of [...next.childNodes]) {
      const same = wanted.id ? byId.get(wanted.id) : like(place, wanted);
      byId.delete(wanted.id);
      if (!same || same.nodeName !== wanted.nodeName) {
        old.insertBefore(document.importNode(wanted, true), place);
        continue;
      }
      if (same === place) place = place.nextSibling;
      else move.call(old, same, place);
      if (same.nodeType === Node.ELEMENT_NODE) morph(same, wanted);
      else if (same.data !== wanted.data) same.data = wanted.data;
    }
    while (place) {
      const rest = place;
      place = place.nextSibling;
      rest.remove();
    }
  }

  const like = (place, wanted) => (place && !place.id && place.nodeName === wanted.nodeName ? place : null);

  function fresh() {
    ahead = Date.now() - Number(document.body.dataset.at);
    title = document.title;
    document.documentElement.classList.remove('stale');
    const stale = document.getElementById('stale');
    if (stale.textContent) stale.textContent = '';
  }

  function stale() {
    const since = document.getElementById('drawn').textContent;
    document.documentElement.classList.add('stale');
    const text = `stale since ${since}: the exporter does not answer`;
    const place = document.getElementById('stale');
    if (place.textContent !== text) place.textContent = text;
    document.title = `? stale · ${title}`;
    icon().href = icon().dataset.stale;
  }

  async function drawn() {
    const here = location.origin + location.pathname + location.search;
    const answer = await fetch(here, { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE) });
    const next = new DOMParser().parseFromString(await answer.text(), 'text/html');
    if (!answer.ok || !next.body.dataset.at) throw new Error('another page');
    return next;
  }

  async function update() {
    try {
      const next = await drawn();
      const own = [...next.querySelectorAll('head > style, head > script')];
      const isOther = shown().some((element, place) => element.textContent !== own[place]?.textContent);
      // Another version answers: its style and script are its own.
      if (isOther) return location.reload();
      keeping(() => morph(document.body, next.body));
      for (const details of document.querySelectorAll('details[id]')) {
        if (unfolded.has(details.id)) details.open = true;
      }
      document.title = next.title;
      const { href } = next.querySelector('link[rel=icon]');
      if (icon().href !== href) icon().href = href;
      fresh();
    } catch {
      stale();
    }
    setTimeout(update, EVERY);
  }

  /* What a link leads to may be folded. */
  function reveal() {
    const target = document.getElementById(location.hash.slice(1));
    for (let up = target?.closest('details'); up; up = up.parentElement.closest('details')) up.open = true;
    target?.scrollIntoView();
  }

  addEventListener('toggle', ({ target }) => {
    if (target.localName !== 'details') return;
    if (target.open) unfolded.add(target.id); else unfolded.delete(target.id);
    remember();
  }, true);
  addEventListener('hashchange', reveal);
  addEventListener('DOMContentLoaded', () => {
    for (const id of unfolded) document.getElementById(id)?.setAttribute('open', '');
    if (location.hash) reveal();
    fresh();
    setInterval(count, 1000);
    setTimeout(update, EVERY);
  });
})();
