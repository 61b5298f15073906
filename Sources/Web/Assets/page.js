// What the pages do more where scripts run: they follow what changes, show local times, and are worked by keys.

import { ChangeStream } from './changes.js';

const main = document.querySelector('main');
const status = document.querySelector('.status');
const format = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const dayOfYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });

// MARK: Times, local and relative, with the exact one as title

function relative(seconds) {
  const past = seconds >= 0, s = Math.abs(seconds);
  const [n, unit] = s < 60 ? [s, 's'] : s < 3600 ? [s / 60, 'min'] : s < 86400 ? [s / 3600, 'h'] : [s / 86400, 'd'];
  if (s < 2) return 'now';
  return past ? `${Math.floor(n)} ${unit} ago` : `in ${Math.floor(n)} ${unit}`;
}

// The day where it is not today, and the year where it is not this one.
function absolute(date, now) {
  if (date.toDateString() === now.toDateString()) return format.format(date);
  return `${(date.getFullYear() === now.getFullYear() ? day : dayOfYear).format(date)}, ${format.format(date)}`;
}

function showTimes() {
  const now = new Date();
  for (const time of document.querySelectorAll('time[datetime]')) {
    const date = new Date(time.dateTime);
    if (isNaN(date)) continue;
    time.title = time.dateTime;
    const text = time.dataset.relative === undefined ? absolute(date, now) : relative((now - date) / 1000);
    if (time.textContent !== text) time.textContent = text;
  }
}

// MARK: The page again

let busy = false, again = false, lastMove = 0, isTouch = false;
// Whether the page shows less than the stream of changes has told.
let isBehind = false;
// Milliseconds for an answer.
const patience = 10000;

// Done when the browser has painted, or does not paint: a page that is hidden has no frames.
const painted = () => new Promise(done => {
  requestAnimationFrame(() => setTimeout(done));
  setTimeout(done, 100);
});

for (const kind of ['pointermove', 'pointerdown']) {
  addEventListener(kind, event => {
    isTouch = event.pointerType === 'touch';
    if (main.contains(event.target)) lastMove = Date.now();
  });
}

// Nothing is moved under a pointer that is about to press: that moves, or rests on what acts. A finger leaves :hover behind. The
// link over a whole mail does not count, or a pointer that was left on the list would stop it.
const acting = 'button, .button, input[type=checkbox], label, select, summary, .row a:not(.open)';
const isPointing = () => Date.now() - lastMove < 700
  || !isTouch && main.querySelector(`:is(${acting}):hover`) !== null;

// Tells how long nothing was shown again, so that the page does not say "live" meanwhile.
let heldSince = null;

function isHeld() {
  const selection = getSelection(), isSelecting = !selection.isCollapsed && selection.containsNode(main, true);
  if (!isSelecting && !isPointing()) { heldSince = null; return false; }
  heldSince = heldSince || Date.now();
  if (!since && Date.now() - heldSince > 2000) show(isSelecting ? 'held for the selection' : 'held under the pointer', 'paused');
  return true;
}

// A page takes a small part of the machine, which others need under load: the longer a refresh takes, the rarer it is.
async function refresh() {
  if (busy) { again = true; return; }
  busy = true;
  if (isHeld()) { again = true; rest(700); return; }
  let cost = 0;
  try {
    const response = await fetch(location.href, { headers: { Accept: 'text/html' }, signal: AbortSignal.timeout(patience) });
    const { pathname } = new URL(response.url);
    if (pathname === '/sign-in') { signedOut(response.url); return; }
    if (pathname !== location.pathname) { location.reload(); return; }
    if (!response.ok && response.status !== 404) throw new Error(response.status);
    const text = await response.text(), begin = performance.now();
    if (isHeld()) { again = true; rest(700); return; }
    isBehind = false;
    replace(new DOMParser().parseFromString(text, 'text/html'));
    fresh();
    await painted();
    cost = performance.now() - begin;
  } catch {
    stale();
    again = true;
    cost = 100;
  }
  rest(Math.min(10000, Math.max(300, 20 * cost)));
}

function rest(milliseconds) {
  setTimeout(() => {
    busy = false;
    if (again && !document.hidden) { again = false; refresh(); }
  }, milliseconds);
}

// Where an element without a name of its own is: its place among those of its row, or of the page.
const focusable = root => [...root.querySelectorAll('a, button, input:not([type=hidden]), textarea, select, summary, [tabindex]')];

function spotOf(element) {
  const row = element.closest('.row[data-key]');
  return { row: row && row.dataset.key, place: focusable(row || main).indexOf(element), text: element.textContent };
}

function elementAt({ row, place, text }) {
  const root = row ? [...main.querySelectorAll('.row')].find(e => e.dataset.key === row) : main;
  const found = root && focusable(root)[place];
  return found && found.textContent === text ? found : null;
}

// What scrolls by itself, by the details that it is in, or its place.
function scrollers() {
  const found = new Map();
  for (const scroller of main.querySelectorAll('.scroll, pre')) {
    const details = scroller.closest('details[id]');
    found.set(details ? details.id : found.size, scroller);
  }
  return found;
}

// What is for browsers without scripts would be part of its form in a page that is parsed here.
function removeNoscript(root) {
  for (const part of root.querySelectorAll('noscript')) part.remove();
}

function replace(page) {
  removeNoscript(page);
  const next = page.querySelector('main');
  if (!next || next.innerHTML === replace.last) return;
  replace.last = next.innerHTML;
  const active = document.activeElement;
  const key = main.contains(active) ? active.id || active.dataset.key : null;
  const spot = main.contains(active) && !key ? spotOf(active) : null;
  const typed = active && 'value' in active && active.type !== 'checkbox' && key
    ? [active.value, active.selectionStart, active.selectionEnd] : null;
  const checked = new Set([...main.querySelectorAll('input[type=checkbox]:checked')].map(box => box.value));
  const opened = new Set([...main.querySelectorAll('details[open]')].map(details => details.id));
  const current = main.querySelector('.current');
  const row = current && current.dataset.key;
  const values = [...main.querySelectorAll('input:not([type=hidden]):not([type=checkbox]), textarea')]
    .filter(field => field.id).map(field => [field.id, field.value]);
  const scrolled = new Map([...scrollers()].map(([name, scroller]) => [name, [scroller.scrollLeft, scroller.scrollTop]]));
  main.replaceChildren(...next.childNodes);
  document.title = page.title;
  for (const [id, value] of values) { const field = document.getElementById(id); if (field) field.value = value; }
  for (const box of main.querySelectorAll('input[type=checkbox]')) box.checked = checked.has(box.value);
  for (const details of main.querySelectorAll('details')) details.open = details.open || opened.has(details.id);
  for (const next of main.querySelectorAll('.row')) if (row && next.dataset.key === row) next.classList.add('current');
  const focus = key ? [...main.querySelectorAll('[id], [data-key]')].find(e => (e.id || e.dataset.key) === key) : spot && elementAt(spot);
  if (focus) {
    focus.focus({ preventScroll: true });
    if (typed) { focus.value = typed[0]; try { focus.setSelectionRange(typed[1], typed[2]); } catch { /* no text field */ } }
  }
  for (const [name, scroller] of scrollers()) {
    const place = scrolled.get(name);
    if (place) [scroller.scrollLeft, scroller.scrollTop] = place;
  }
  showTimes();
  announce();
  showSelected();
  keepSearch();
}
removeNoscript(main);
replace.last = main.innerHTML;

// Screen readers say what changes in a region that was there before: this one is outside of what is replaced.
function announce() {
  const steps = [...main.querySelectorAll('[data-announced] > :is(.done, .wrong)')].map(step =>
    [...step.querySelectorAll('span, small')].map(part => part.textContent).join(', '));
  const region = document.getElementById('announcement'), text = steps.length ? steps[steps.length - 1] : '';
  if (region.textContent !== text) region.textContent = text;
}

// MARK: The stream of changes

let since = null;

function fresh() {
  since = null;
  show('live', '');
}

function stale() {
  isBehind = true;
  since = since || new Date();
  show(`stale since ${format.format(since)}`, 'stale');
}

// Not by itself: what is typed in a form would be gone.
function signedOut(url) {
  busy = again = false;
  isBehind = true;
  if (status.querySelector('a')) return;
  show('signed out · ', 'stale');
  const link = document.createElement('a');
  [link.href, link.textContent] = [url, 'sign in'];
  status.append(link);
}

function show(text, kind) {
  status.hidden = false;
  status.className = `status ${kind}`;
  if (status.textContent !== text) status.textContent = text;
}

// For a moment.
function say(text) {
  show(text, 'paused');
  setTimeout(() => {
    if (status.textContent === text) { if (since) stale(); else fresh(); }
  }, 4000);
}

// "live" is said by a stream that is open and a page that has what the stream has told.
function hear(state) {
  if (state === 'lost') { stale(); return; }
  if (state === 'changed') isBehind = true;
  if (state === 'same' && !isBehind) fresh(); else refresh();
}

if (document.body.hasAttribute('data-live')) {
  const changes = new ChangeStream(document.body.dataset.section, document.body.dataset.live, hear);
  const follow = () => {
    if (document.hidden) return;
    changes.start();
    if (isBehind) refresh();
  };
  const pause = () => { changes.stop(); show('paused', 'paused'); };
  document.addEventListener('visibilitychange', () => { if (document.hidden) pause(); else follow(); });
  addEventListener('pagehide', () => changes.stop());
  addEventListener('pageshow', event => { if (event.persisted) { isBehind = true; follow(); } });
  follow();
}

// MARK: Forms that ask first, and boxes that select all

const selectAll = () => main.querySelector('[data-select-all]');
const rowBoxes = () => [...main.querySelectorAll('.row input[type=checkbox]')];
const isSelection = form => form.matches('[data-selection]');
const hasSelected = () => rowBoxes().some(box => box.checked);

// The box of all is checked as long as all are: one that has just come is not.
function showSelected() {
  const all = selectAll(), boxes = rowBoxes(), count = boxes.filter(box => box.checked).length;
  if (!all) return;
  all.checked = count > 0 && count === boxes.length;
  all.indeterminate = count > 0 && count < boxes.length;
}

document.addEventListener('submit', event => {
  if (isSelection(event.target) && !hasSelected()) {
    event.preventDefault();
    say('nothing is selected');
    return;
  }
  const by = event.submitter, ask = (by && by.dataset.ask) || event.target.dataset.ask;
  if (ask && !confirm(ask)) event.preventDefault();
});

document.addEventListener('change', event => {
  if (event.target === selectAll()) for (const box of rowBoxes()) box.checked = event.target.checked;
  showSelected();
});

// A list is found again with its search, from what was opened there.
function keepSearch() {
  const name = path => `search of ${path}`;
  try {
    if (main.querySelector('[data-search]')) sessionStorage.setItem(name(location.pathname), location.search);
    for (const up of main.querySelectorAll('a[data-up]')) {
      if (up.pathname !== location.pathname) up.search = sessionStorage.getItem(name(up.pathname)) || '';
    }
  } catch { /* A browser may be told to keep nothing. */ }
}

// MARK: Keys

const dialog = document.getElementById('keys');
const help = document.querySelector('button.keys');
help.hidden = false;
help.addEventListener('click', () => dialog.showModal());

function move(step) {
  const rows = [...main.querySelectorAll('.row')];
  if (!rows.length) return;
  const here = rows.findIndex(row => row.classList.contains('current'));
  const next = rows[Math.max(0, Math.min(rows.length - 1, here < 0 ? (step > 0 ? 0 : rows.length - 1) : here + step))];
  for (const row of rows) row.classList.toggle('current', row === next);
  const link = next.querySelector('a');
  if (link) link.focus({ preventScroll: true });
  next.scrollIntoView({ block: 'nearest' });
}

const keys = {
  j: () => move(1),
  k: () => move(-1),
  '/': () => { const search = main.querySelector('[data-search]'); if (search) { search.focus(); search.select(); } },
  x: () => { const box = main.querySelector('.current input[type=checkbox]'); if (box) box.click(); },
  r: () => press('[data-retry]'),
  d: () => press('[data-remove]'),
  '?': () => dialog.showModal(),
  Enter: () => { const link = main.querySelector('.current a'); if (link && document.activeElement === document.body) link.click(); },
  Escape: () => { const up = main.querySelector('[data-up]'); if (up) up.click(); },
};

// The button of the row that j and k have reached, or the one of the selection, which is that row where none is selected.
function press(selector) {
  const own = main.querySelector(`.current ${selector}`), button = own || main.querySelector(`${selector}:not(.row *)`);
  if (!button) return;
  if (!own && isSelection(button.form) && !hasSelected()) keys.x();
  button.click();
}

document.addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
  const field = event.target.matches('input:not([type=checkbox]), textarea, select');
  if (field) { if (event.key === 'Escape') event.target.blur(); return; }
  const act = keys[event.key];
  if (!act) return;
  if (event.key !== 'Enter') event.preventDefault();
  act();
});

showTimes();
announce();
showSelected();
keepSearch();
setInterval(showTimes, 1000);
