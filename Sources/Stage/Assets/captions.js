
// MARK: The step, the faults of a lane, notices

function showStep() {
  const { step } = model;
  set($('.address'), `#${step.address}`);
  set($('h1'), step.title);
  $('.reasons').replaceChildren(...step.better.map(line => element('li', 'better', line)), ...step.still.map(line => element('li', 'still', line)));
  set($('.place'), `step ${step.place + 1} of ${model.steps.length}`);
  if (isLive && addressOf(location.hash) !== `#${step.address}`) history.replaceState(null, '', `#${step.address}`);
}

const watchOf = (fault, lane) => model.watches.get(`${fault.id} ${lane.number}`);
const isOpen = watch => watch.victims ? watch.waiting > 0 : watch.recovered === undefined;

/** The last faults of a lane, each with its time, and what became of the mails that the last watched one has struck. */
function showFaults(lane) {
  const own = faultsOf(lane);
  const watched = own.findLast(fault => watchOf(fault, lane) && recovery(watchOf(fault, lane)));
  // What was sent last, unless a fault has come since.
  const done = lane.done && lane.done.t >= (own.at(-1)?.from ?? 0) ? lane.done : null;
  const room = done && watched ? 0 : watched === own.at(-1) && model.focus.length < 2 ? 2 : 1;
  const shown = own.filter((fault, place) => fault === watched || place >= own.length - room);
  const parts = shown.flatMap(fault => {
    const part = element('span', fault.to === null ? 'on' : '', `${fault.to === null ? '▲' : '•'} ${fault.title} ${clock(fault.from)}`);
    if (fault !== watched) return [part];
    const watch = watchOf(fault, lane);
    return [part, element('span', `watch ${isOpen(watch) ? '' : watch.lost || watch.refused ? 'lost' : 'done'}`, `◷ ${recovery(watch)}`)];
  });
  if (done) parts.push(element('span', 'sent', `• ${done.text} ${clock(done.t)}`));
  const events = $('.events', lane.root);
  if (events.textContent !== parts.map(part => part.textContent).join('')) events.replaceChildren(...parts);
}

function recovery(watch) {
  const passed = isOpen(watch) ? watch.ms + Math.max(0, timeNow() - watch.at) : watch.ms;
  if (!watch.victims) return watch.recovered === undefined ? '' : `next mail after ${duration(watch.recovered)}`;
  const its = `its ${mails(watch.victims)}`;
  if (watch.waiting) return `${its}: ${watch.waiting} not back, ${(passed / 1000).toFixed(1)} s`;
  const gone = [watch.lost && `${watch.lost} lost`, watch.refused && `${watch.refused} refused`].filter(Boolean).join(', ');
  return gone ? `${its}: ${gone}` : `${its} back after ${duration(watch.ms)}`;
}

function showStatus() { if (isLive && !$('.status').classList.contains('stale')) set($('.status'), model.own || ''); }

let toastEnd = 0;

function showToast(text, seconds = 6) {
  set($('.toast'), text);
  $('.toast').hidden = false;
  toastEnd = performance.now() + seconds * 1000;
}

function showReport({ text, path }) {
  showToast(text, 12);
  if (!isLive || !path) return;
  $('.report iframe').src = path;
  if (!$('.report').open) $('.report').showModal();
}

/** What changes with time alone. */
function showTime() {
  const t = timeNow();
  set($('.clock'), clock(t));
  showStatus();
  if (toastEnd && performance.now() > toastEnd) { $('.toast').hidden = true; toastEnd = 0; }
  for (const lane of focused()) {
    if (faultsOf(lane).some(fault => watchOf(fault, lane) && isOpen(watchOf(fault, lane)))) { changed.lanes.add(lane); schedule(); }
  }
}
