
// MARK: Actions: each a button and a key, and the words that `POST /do` takes

let forAll = false;
const target = () => forAll ? ' all' : '';
const stateOf = role => focused().map(lane => lane.processes[role]).find(Boolean)?.state;
const targets = () => forAll ? model.lanes : focused();
const rateOf = () => Math.max(0, ...targets().map(lane => lane.rate));
const toggle = (role, name) => `${stateOf(role) === 'stopped' ? 'continue' : 'stop'}-${name}${target()}`;
const rates = [0, 1, 5, 10, 20, 50, 100, 200];
/** The next press follows from this one, before the stage has told of it. */
function setRate(rate) {
  for (const lane of targets()) lane.rate = rate;
  return `rate ${rate}${target()}`;
}
const slower = () => setRate(rates.filter(rate => rate < rateOf()).pop() ?? 0);
const faster = () => setRate(rates.find(rate => rate > rateOf()) ?? 200);

/** Groups of: key, as it is shown, label, words. */
const actions = [
  ['talk', [[' ', 'Space', 'on', () => 'next'], ['Backspace', '←', 'back', () => 'back']]],
  ['send', [['q', 'q', '1', () => `send 1${target()}`], ['w', 'w', '10', () => `send 10${target()}`], ['e', 'e', '100', () => `send 100${target()}`]]],
  ['rate', [['-', '−', 'less', slower], ['+', '+', 'more', faster]]],
  ['worker', [['k', 'k', 'kill', () => `kill-worker${target()}`], ['s', 's', 'stop', () => toggle('worker', 'worker')]]],
  ['web', [['j', 'j', 'kill', () => `kill-server${target()}`], ['d', 'd', 'stop', () => toggle('web server', 'server')]]],
  ['master', [['m', 'm', 'kill', () => `kill-master${target()}`]]],
  ['mail server', [['x', 'x', 'down', () => 'smtp-down'], ['z', 'z', 'slow', () => 'smtp-slow'], ['v', 'v', 'flaky', () => 'smtp-moody'],
    ['b', 'b', '421', () => 'smtp-421'], ['u', 'u', 'up', () => 'smtp-up']]],
  ['Redis', [['r', 'r', 'kill', () => 'redis-killed'], ['t', 't', 'cut', () => 'redis-cut'], ['y', 'y', 'silent', () => 'redis-silent']]],
  ['all', [['h', 'h', 'heal', () => 'heal'], ['0', '0', 'calm', () => 'calm'], ['c', 'c', 'compare', () => 'compare']]],
];

/** The last request of each kind: down and up are done in the order in which their keys were pressed. */
const last = new Map();

function act(text, kind) { last.set(kind, (last.get(kind) ?? Promise.resolve()).then(() => post(text))); }

async function post(text) {
  try {
    const response = await fetch('/do', { method: 'POST', body: text });
    if (!response.ok) showToast((await response.json()).error?.reason || response.statusText);
  } catch { showToast('the stage does not answer'); }
}

function toggleAll() {
  forAll = !forAll;
  $('[data-key=a]').setAttribute('aria-pressed', String(forAll));
}

const showKeys = () => $('.keys').showModal();
const save = () => { location.href = '/export'; };

function makeButton(key, shown, label, press) {
  const button = element('button', '', element('kbd', '', shown), ` ${label}`);
  button.type = 'button';
  button.dataset.key = key;
  // A focused button would take the next Space for itself.
  button.addEventListener('click', () => { press(); button.blur(); });
  return button;
}

function makeActions() {
  for (const [name, keys] of actions) {
    const group = element('span', '', element('span', 'group', name));
    for (const [key, shown, label, words] of keys) {
      const button = makeButton(key, shown, label, () => act(words(), name));
      button.setAttribute('aria-label', `${name} ${label}`);
      group.append(button);
    }
    $('.actions').append(group);
  }
  $('.actions').append(element('span', '', makeButton('a', 'a', 'all lanes', toggleAll), makeButton('o', 'o', 'export', save), makeButton('?', '?', 'keys', showKeys)));
  $('[data-key=a]').setAttribute('aria-pressed', 'false');
}

function focusLane(number, isSecond) {
  if (number >= model.lanes.length) return;
  const focus = isSecond && model.focus[0] !== number ? [model.focus[0], number] : [number];
  if (isLive) act(`focus ${focus.map(place => model.lanes[place].name).join(' ')}`, 'focus');
  else { model.focus = focus; changed.layout = true; schedule(); }
}
