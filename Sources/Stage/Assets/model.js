// The stage as a page. Events come as lines of JSON: from the stage itself by one event stream, or from a record in this page.

// MARK: What is known

/** How much of the past the plots show, in milliseconds. */
const span = 60000;

const model = { lanes: [], focus: [], steps: [], faults: new Map(), watches: new Map(), step: null, mailServer: null, now: 0 };
/** What is shown otherwise than it is known, until the next frame. */
const changed = { layout: false, step: false, plots: false, lanes: new Set() };

const focused = () => model.focus.map(number => model.lanes[number]).filter(Boolean);
const isFocused = lane => model.focus.includes(lane.number);
const applies = (fault, lane) => fault.lane === lane.number || (fault.lane < 0 && (!fault.redis || lane.redis));

/** In the order in which they began; a browser that comes later hears of them in another. */
const faultsOf = lane => [...model.faults.values()].filter(fault => applies(fault, lane)).sort((a, b) => a.id - b.id);

function changeLane(number) { if (model.lanes[number]) changed.lanes.add(model.lanes[number]); }
function changeLanes() { for (const lane of model.lanes) changed.lanes.add(lane); }

function begin(stage) {
  model.lanes = stage.lanes.map((lane, number) => ({
    ...lane, number, processes: {}, scores: [], score: {}, rate: 0, done: null, mails: new Map(), refused: new Set(), gone: [] }));
  Object.assign(model, { focus: [], steps: stage.steps, step: null, mailServer: null });
  model.faults.clear();
  model.watches.clear();
  changed.layout = true;
}

// MARK: Mails: where each is, by the codes of the events

const places = { w: 'web server', h: 'worker', b: 'queue', d: 'adrift' };

function mail([number, id, code]) {
  const lane = model.lanes[number];
  if (!lane) return;
  if (code === 'a') { lane.mails.set(id, { place: 'client' }); return; }
  const dot = lane.mails.get(id);
  if (!dot) {
    // It was in the inbox before, unless it was refused and has come all the same.
    if (code === 'i') leave(lane, lane.refused.delete(id) ? 'arrived' : 'twice', {});
  } else if (code === 'i') {
    leave(lane, dot.hasArrived ? 'twice' : 'arrived', dot);
    dot.hasArrived = true;
    if (dot.isAnswered || !dot.isInHand) lane.mails.delete(id); else dot.place = 'inbox';
  } else if (code === 'x') {
    leave(lane, 'lost', dot);
    lane.mails.delete(id);
  } else if (code === 'n') {
    leave(lane, 'refused', dot);
    lane.mails.delete(id);
    if (!dot.hasArrived) lane.refused.add(id);
    if (lane.refused.size > 5000) lane.refused.delete(lane.refused.values().next().value);
  } else if (code === 'y') {
    dot.isAnswered = true;
    if (dot.hasArrived) lane.mails.delete(id); else if (dot.place === 'client') dot.place = 'queue';
  } else {
    dot.isInHand = true;
    dot.place = code === 'b' && !lane.roles.includes('worker') ? 'web server' : places[code];
  }
}

/** What is seen of a mail for a moment after it has gone. */
function leave(lane, kind, dot) {
  lane.gone.push({ kind, x: dot.x, y: dot.y });
  if (lane.gone.length > 300) lane.gone.splice(0, lane.gone.length - 300);
}

// MARK: Events

const handlers = {
  stage: begin,
  process(process) {
    const lane = model.lanes[process.lane];
    if (lane) lane.processes[process.role] = process;
    changeLane(process.lane);
  },
  focus(focus) { model.focus = focus.filter(number => model.lanes[number]); changed.layout = true; },
  rate([number, rate]) {
    const lane = model.lanes[number];
    if (lane) Object.assign(lane, { rate, done: { text: `rate ${rate}/s`, t: model.now } });
    changeLane(number);
  },
  sending([number, count]) {
    if (model.lanes[number]) model.lanes[number].done = { text: mails(count), t: model.now };
    changeLane(number);
  },
  mailServer(state) { model.mailServer = state; changeLanes(); },
  step(step) { model.step = { better: [], still: [], ...step }; changed.step = true; },
  notice(text) { showToast(text); },
  report(report) { showReport(report); },
  fault(fault) {
    model.faults.set(fault.id, { ...fault, to: fault.on ? null : model.now });
    for (const [id, old] of model.faults) if (old.to !== null && model.now - old.to > 120000) model.faults.delete(id);
    changed.plots = true;
    changeLanes();
  },
  watch(watch) {
    model.watches.set(`${watch.fault} ${watch.lane}`, { ...watch, at: model.now });
    if (model.watches.size > 60) model.watches.delete(model.watches.keys().next().value);
    changeLane(watch.lane);
  },
  mails(mails) { for (const event of mails) mail(event); },
  scores(scores) {
    scores.forEach((score, number) => {
      const lane = model.lanes[number];
      if (!lane || !score) return;
      lane.score = score;
      lane.scores.push({ t: model.now, a: score.a, i: score.i, asked: score.asked });
      while (lane.scores.length && lane.scores[0].t < model.now - span) lane.scores.shift();
    });
    changed.plots = true;
    changeLanes();
  },
  own([share]) { model.own = `stage: ${Math.round(share)} % of a core`; },
};

/** Requests a second, of the last two seconds. */
function requests(lane) {
  const last = lane.scores[lane.scores.length - 1], first = lane.scores.find(score => score.t >= model.now - 2000);
  return last && last.t > first.t ? (last.asked - first.asked) / (last.t - first.t) * 1000 : 0;
}

function apply(event) {
  model.now = event.t;
  for (const name of Object.keys(event)) {
    try {
      if (Object.hasOwn(handlers, name)) handlers[name](event[name]);
    } catch (error) {
      // A record is a file, which anybody may have written: a wrong event of it leaves the others.
      if (isLive) throw error;
      showToast(`not to be shown: ${name}`);
    }
  }
  schedule();
}
