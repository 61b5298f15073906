
// MARK: Keys

function makeKeys() {
  const rows = isLive
    ? [...actions.flatMap(([name, keys]) => keys.map(([, key, label]) => [key, `${name} ${label}`])), ['→ PgDn', 'talk on'], ['PgUp', 'talk back'],
      ['1 – 9', 'this lane large'], ['Shift 1 – 9', 'beside the first'], ['a', 'for all lanes, or the large'], ['o', 'export as one file'], ['?', 'these keys']]
    : [['Space', 'play, pause'], ['← →', '5 s back, on'], ['PgUp PgDn', 'step back, on'], ['1 – 9', 'this lane large'], ['Shift 1 – 9', 'beside the first'], ['+ −', 'faster, slower'], ['?', 'these keys']];
  $('.keys dl').replaceChildren(...rows.map(([key, text]) => element('div', '', element('dt', '', element('kbd', '', key)), element('dd', '', text))));
}

document.addEventListener('click', event => {
  const strip = event.target.closest('.strip');
  if (strip) focusLane(model.lanes.findIndex(lane => lane.strip === strip), event.shiftKey);
});

const aliases = { ArrowRight: ' ', PageDown: ' ', ArrowLeft: 'Backspace', PageUp: 'Backspace', '−': '-', '=': '+' };

document.addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey || $('dialog[open]')) return;
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code) || /^([1-9])$/.exec(event.key);
  if (event.key === '?') { event.preventDefault(); showKeys(); return; }
  if (digit) { event.preventDefault(); focusLane(Number(digit[1]) - 1, event.shiftKey); return; }
  if (!isLive) { player.key(event); return; }
  if (event.target.matches('button') && (event.key === ' ' || event.key === 'Enter')) return;
  const key = aliases[event.key] || event.key;
  const button = [...document.querySelectorAll('.actions [data-key]')].find(button => button.dataset.key === key);
  if (!button) return;
  event.preventDefault();
  if (!event.repeat) button.click();
});
