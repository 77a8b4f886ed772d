/*
 * Renews what is marked `data-live`, in place: the element that has the focus, what is selected, what is unfolded and how
 * far the page is scrolled stay as they are.
 */

(() => {
  const INTERVAL = 10000;
  const pause = document.getElementById('pause');
  const stale = document.getElementById('stale');
  let paused = false;

  const parse = (text) => new DOMParser().parseFromString(text, 'text/html');

  function renew(old, fresh) {
    if (old.isEqualNode(fresh)) return old;
    if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) {
      const copy = document.importNode(fresh, true);
      old.replaceWith(copy);
      return copy;
    }
    if (old.nodeType !== Node.ELEMENT_NODE) {
      old.data = fresh.data;
      return old;
    }
    for (const { name } of [...old.attributes]) {
      if (name !== 'open' && !fresh.hasAttribute(name)) old.removeAttribute(name);
    }
    for (const { name, value } of fresh.attributes) {
      if (name !== 'open' && old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    renewChildren(old, fresh);
    return old;
  }

  // A row stays with its client, at the client's current position.
  function renewChildren(old, fresh) {
    const keyed = new Map();
    for (const child of old.children) if (child.dataset.key) keyed.set(child.dataset.key, child);
    let next = old.firstChild;
    for (const child of [...fresh.childNodes]) {
      const key = child.dataset?.key;
      let match = key ? keyed.get(key) : next;
      if (!key && match?.dataset?.key) match = undefined;
      if (!match) {
        old.insertBefore(document.importNode(child, true), next);
        continue;
      }
      if (match !== next) old.insertBefore(match, next);
      else next = next.nextSibling;
      renew(match, child);
    }
    while (next) {
      const gone = next;
      next = next.nextSibling;
      gone.remove();
    }
  }

  async function refresh() {
    const response = await fetch(location.href, { cache: 'no-store', signal: AbortSignal.timeout(8000) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const page = parse(await response.text());
    const focused = document.activeElement;
    for (const part of document.querySelectorAll('[data-live]')) {
      const fresh = page.getElementById(part.id);
      if (fresh) renew(part, fresh);
    }
    if (focused && focused !== document.activeElement && focused.isConnected)
      focused.focus({ preventScroll: true });
  }

  async function tick() {
    if (!paused && !document.hidden) {
      try {
        await refresh();
        stale.textContent = '';
      } catch {
        stale.textContent = 'The gateway does not answer. What you see is from before.';
      }
    }
    setTimeout(tick, INTERVAL);
  }

  pause.hidden = false;
  pause.addEventListener('click', () => {
    paused = !paused;
    pause.textContent = paused ? 'Resume updates' : 'Pause updates';
  });
  setTimeout(tick, INTERVAL);
})();
