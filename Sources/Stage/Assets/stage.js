// The stage as a page. Events come as lines of JSON: from the stage itself by one event stream, or from a record in this page.

const $ = (selector, from = document) => from.querySelector(selector);
const still = matchMedia('(prefers-reduced-motion: reduce)');
const SVG = 'http://www.w3.org/2000/svg';

// MARK: What is known

const model = { lanes: [], focus: [], steps: [], faults: new Map(), watches: new Map(), step: null, notice: null, mailServer: null, now: 0 };

function begin(stage) {
  model.lanes = stage.lanes.map((lane, number) => ({
    ...lane, number, processes: {}, scores: [], score: {}, rate: 0, mails: new Map(), gone: [] }));
  Object.assign(model, { focus: [], steps: stage.steps, step: null, notice: null, report: null });
  model.faults.clear();
  model.watches.clear();
  layout();
}

const places = { a: 'client', y: 'queue', w: 'web server', h: 'worker', b: 'queue', d: 'adrift' };

function mail([number, id, code]) {
  const lane = model.lanes[number];
  if (!lane) return;
  let dot = lane.mails.get(id);
  if (code === 'a') { lane.mails.set(id, { place: 'client', since: model.now, home: null }); return; }
  if (!dot) {
    // It was in the inbox before.
    if (code === 'i') lane.gone.push({ kind: 'twice', since: model.now });
    return;
  }
  if (code === 'i') {
    lane.gone.push({ kind: dot.hasArrived ? 'twice' : 'arrived', since: model.now, x: dot.x, y: dot.y });
    dot.hasArrived = true;
    if (dot.answered || !dot.isAsked) lane.mails.delete(id); else dot.place = 'inbox';
  } else if (code === 'x') {
    lane.gone.push({ kind: 'lost', since: model.now, x: dot.x, y: dot.y });
    lane.mails.delete(id);
  } else if (code === 'n') {
    lane.gone.push({ kind: 'refused', since: model.now, x: dot.x, y: dot.y });
    // A mail that was refused may arrive all the same.
    if (dot.place === 'client' || dot.place === 'inbox') lane.mails.delete(id); else dot.answered = true;
  } else if (code === 'y') {
    dot.answered = true;
    if (dot.hasArrived) lane.mails.delete(id); else if (dot.place === 'client') dot.place = 'queue';
  } else {
    dot.isAsked = true;
    dot.place = places[code];
    if (code === 'b' && !lane.roles.includes('worker')) dot.place = 'web server';
  }
  if (lane.gone.length > 300) lane.gone.splice(0, lane.gone.length - 300);
}

const handlers = {
  stage: begin,
  process(process) {
    const lane = model.lanes[process.lane];
    if (lane) { lane.processes[process.role] = process; showBoxes(lane); showStrip(lane); }
  },
  focus(focus) { model.focus = focus; layout(); },
  rate([number, rate]) { if (model.lanes[number]) { model.lanes[number].rate = rate; showScore(model.lanes[number]); } },
  mailServer(state) { model.mailServer = state; for (const lane of model.lanes) showBoxes(lane); },
  step(step) { model.step = step; showStep(); },
  notice(text) { showNotice(text); },
  report(report) { showReport(report); },
  fault(fault) {
    const known = model.faults.get(fault.id);
    model.faults.set(fault.id, { ...fault, from: known ? known.from : model.now, to: fault.on ? null : model.now });
    for (const [id, old] of model.faults) if (old.to !== null && model.now - old.to > 120000) model.faults.delete(id);
    for (const lane of focused()) showEvents(lane);
  },
  watch(watch) {
    model.watches.set(`${watch.fault} ${watch.lane}`, watch);
    if (model.watches.size > 60) model.watches.delete(model.watches.keys().next().value);
    const lane = model.lanes[watch.lane];
    if (lane) showEvents(lane);
  },
  mails(mails) { for (const event of mails) mail(event); draw(); },
  scores(scores) {
    scores.forEach((score, number) => {
      const lane = model.lanes[number];
      if (!lane) return;
      lane.score = score;
      lane.scores.push({ t: model.now, a: score.a, i: score.i });
      while (lane.scores.length && lane.scores[0].t < model.now - span) lane.scores.shift();
      showScore(lane);
      showStrip(lane);
    });
    for (const lane of focused()) showPlots(lane);
  },
  own([share, watchers]) { model.own = `the stage takes ${Math.round(share)} % of one core`; showStatus(); },
};

function apply(event) {
  model.now = event.t;
  for (const name of Object.keys(event)) if (handlers[name]) handlers[name](event[name]);
}

// MARK: Layout

const element = (tag, name, text) => {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text !== undefined) made.textContent = text;
  return made;
};
const set = (node, text) => { if (node && node.textContent !== text) node.textContent = text; };
const focused = () => model.focus.map(number => model.lanes[number]).filter(Boolean);
const clock = t => `${Math.floor(t / 60000)}:${String(Math.floor(t / 1000) % 60).padStart(2, '0')}`;
const count = number => String(number ?? 0).replace(/\B(?=(\d{3})+$)/g, '\u202f');

function duration(ms) {
  if (ms === undefined || ms === null) return '–';
  if (ms < 10) return `${ms.toPrecision(2)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 10000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}

const scoreRows = [['asked', 'asked'], ['answered', 'answered'], ['delivered', '✓ delivered'], ['notYet', '◌ not yet'],
  ['twice', '✓✓ twice'], ['lost', '✕ lost'], ['refused', '⊘ refused']];

function boxesOf(lane) {
  const middle = lane.redis ? 'Redis' : lane.roles.includes('master') ? 'master' : null;
  const boxes = [['client', 'client'], ['web server', 'web server']];
  if (lane.roles.includes('worker')) boxes.push(['queue', middle || 'queue'], ['worker', 'worker']);
  return [...boxes, ['inbox', 'mail server']];
}

function layout() {
  const lanes = $('.lanes');
  lanes.replaceChildren(...focused().map(makeLane));
  lanes.classList.toggle('two', model.focus.length > 1);
  $('.strips').replaceChildren(...model.lanes.filter(lane => !model.focus.includes(lane.number)).map(makeStrip));
  for (const lane of model.lanes) for (const dot of lane.mails.values()) dot.home = null, dot.x = undefined;
  for (const lane of focused()) { showBoxes(lane); showScore(lane); showPlots(lane); showEvents(lane); }
  for (const lane of model.lanes) showStrip(lane);
  measure();
}

function makeLane(lane) {
  const root = element('section', 'lane');
  root.dataset.lane = lane.name;
  const head = element('header');
  head.append(element('h2', '', lane.name), element('p', 'summary', lane.summary), element('p', 'events'));
  const pipe = element('div', 'pipe');
  for (const [key, name] of boxesOf(lane)) {
    const box = element('div', 'box');
    box.dataset.box = key;
    box.append(element('p', 'name', name), element('p', 'state'), element('p', 'count'));
    pipe.append(box);
  }
  const plots = element('div', 'plots');
  const score = element('dl', 'score');
  for (const [key, name] of scoreRows) {
    const row = element('div', key);
    row.append(element('dt', '', name), element('dd', '', '0'));
    row.lastChild.dataset.score = key;
    score.append(row);
  }
  const rate = element('div', 'rate');
  rate.append(element('dt', '', 'rate'), element('dd', '', '0/s'));
  score.append(rate);
  root.append(head, pipe, plots, score);
  lane.root = root;
  return root;
}

function makeStrip(lane) {
  const strip = element('button', 'strip');
  strip.type = 'button';
  strip.dataset.lane = lane.name;
  strip.dataset.act = `focus ${lane.name}`;
  lane.root = null;
  const bar = element('span', 'bar');
  bar.append(element('i'));
  strip.append(element('kbd', '', lane.number + 1), element('b', '', lane.name), bar, element('span', 'p99'),
    element('span', 'good'), element('span', 'bad'));
  lane.strip = strip;
  return strip;
}

// MARK: What is shown

const spoken = { up: 'up', stopped: 'stopped', dead: 'dead' };

function showBoxes(lane) {
  if (!lane.root || !model.focus.includes(lane.number)) return;
  for (const [key] of boxesOf(lane)) {
    const box = $(`[data-box="${key}"]`, lane.root);
    const role = key === 'queue' && lane.roles.includes('master') ? 'master' : key;
    let [text, state] = ['', ''];
    if (lane.processes[role]) [text, state] = [`${lane.processes[role].pid} ${spoken[lane.processes[role].state]}`, lane.processes[role].state];
    else if (key === 'queue' && lane.redis) {
      const broken = [...model.faults.values()].find(fault => fault.redis && fault.to === null);
      [text, state] = broken ? [broken.title.replace('Redis ', ''), broken.name === 'redis-silent' ? 'stopped' : 'dead'] : ['up', 'up'];
    } else if (key === 'inbox' && model.mailServer) {
      const name = model.mailServer.state;
      [text, state] = name === 'smtp-up' ? ['up', 'up']
        : [model.mailServer.title.replace('mail server ', ''), name === 'smtp-down' ? 'dead' : 'stopped'];
    }
    box.className = `box ${state}`;
    set($('.state', box), text);
  }
}

function showScore(lane) {
  if (!lane.root || !model.focus.includes(lane.number)) return;
  for (const [key] of scoreRows) {
    const value = $(`[data-score="${key}"]`, lane.root);
    set(value, count(lane.score[key]));
    value.parentNode.classList.toggle('zero', !lane.score[key]);
  }
  const ratio = lane.score.ratio > 1 ? ` 1:${lane.score.ratio} shown` : '';
  set($('.rate dd', lane.root), `${lane.rate}/s${ratio}`);
}

function showStrip(lane) {
  if (!lane.strip || model.focus.includes(lane.number)) return;
  const { score, strip } = lane;
  const broken = Object.values(lane.processes).filter(process => process.state !== 'up');
  strip.classList.toggle('broken', broken.length > 0);
  $('.bar i', strip).style.width = `${Math.min(100, 12 * Math.log2(1 + (score.notYet || 0)))}%`;
  const sign = broken.length ? (broken[0].state === 'dead' ? '✕ ' : '‖ ') : '';
  set($('.p99', strip), sign + (score.a ? duration(score.a[1]) : '–'));
  set($('.good', strip), count(score.delivered));
  set($('.bad', strip), count(score.lost));
  $('.bad', strip).classList.toggle('some', score.lost > 0);
  strip.setAttribute('aria-label', `${lane.name}: ${score.delivered || 0} delivered, ${score.notYet || 0} not yet, ${score.lost || 0} lost`);
}

function showEvents(lane) {
  if (!lane.root) return;
  const own = [...model.faults.values()].filter(fault => applies(fault, lane)).slice(-2);
  const parts = own.map(fault => {
    const part = element('span', fault.to === null ? 'on' : '', `${fault.to === null ? '▲' : '•'} ${fault.title} ${clock(fault.from)}`);
    const watch = model.watches.get(`${fault.id} ${lane.number}`);
    if (!watch || fault !== own[own.length - 1]) return [part];
    const text = watch.victims === 0
      ? (watch.recovered === undefined ? '' : `next mail after ${duration(watch.recovered)}`)
      : watch.waiting ? `its ${mails(watch.victims)}: ${watch.waiting} not back, ${duration(watch.ms)}`
        : watch.lost ? `${watch.lost} of its ${mails(watch.victims)} lost`
          : `its ${mails(watch.victims)} back after ${duration(watch.ms)}`;
    const kind = watch.victims && !watch.waiting ? (watch.lost ? 'lost' : 'done') : watch.recovered === undefined ? '' : 'done';
    return text ? [part, element('span', `watch ${kind}`, `◷ ${text}`)] : [part];
  }).flat();
  $('.events', lane.root).replaceChildren(...parts);
  showBoxes(lane);
}

const mails = number => number === 1 ? '1 mail' : `${number} mails`;
const applies = (fault, lane) => fault.lane === lane.number || (fault.lane < 0 && (!fault.redis || lane.redis));

function showStep() {
  const { step } = model;
  set($('.address'), `#${step.address}`);
  set($('h1'), step.title);
  $('.reasons').replaceChildren(...step.better.map(line => element('li', 'better', line)), ...step.still.map(line => element('li', 'still', line)));
  set($('.place'), `step ${step.place + 1} of ${model.steps.length}`);
  if (isLive && location.hash !== `#${step.address}`) history.replaceState(null, '', `#${step.address}`);
}

function showStatus() { if (isLive && !$('.status').classList.contains('stale')) set($('.status'), model.own || ''); }

let noticeEnd = 0;
function showNotice(text, link) {
  const notice = $('.notice');
  notice.replaceChildren(text);
  if (link) { const a = element('a', '', ' open the report'); a.href = link; a.target = '_blank'; notice.append(a); }
  notice.hidden = false;
  noticeEnd = performance.now() + (link ? 30000 : 6000);
}
const showReport = report => showNotice(report.text, isLive ? report.path : null);

// MARK: Plots

const span = 60000;
const decades = [1, 10, 100, 1000, 10000];

function showPlots(lane) {
  const place = lane.root && $('.plots', lane.root);
  if (!place) return;
  const isTwo = model.focus.length > 1;
  const width = isTwo ? place.clientWidth : (place.clientWidth - 18) / 2;
  const height = isTwo ? place.clientHeight / 2 : place.clientHeight;
  if (width < 60 || height < 50) return;
  place.replaceChildren(plot(lane, 'a', isTwo ? 'answers' : 'answered after', width, height), plot(lane, 'i', isTwo ? 'to inbox' : 'in the inbox after', width, height));
}

function plot(lane, key, title, width, height) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  svg.setAttribute('role', 'img');
  const points = lane.scores.filter(score => score[key]);
  const last = points[points.length - 1];
  const [p50, p99] = last ? last[key] : [];
  svg.setAttribute('aria-label', `${title}: p50 ${duration(p50)}, p99 ${duration(p99)}`);
  const [top, bottom, left, right] = [26, height - 4, 58, width - 4];
  const x = t => right - (model.now - t) / span * (right - left);
  const y = ms => bottom - (Math.log10(Math.max(0.3, Math.min(30000, ms))) + 0.52) / 5 * (bottom - top);
  const add = (name, attributes, text) => {
    const node = document.createElementNS(SVG, name);
    for (const [attribute, value] of Object.entries(attributes)) node.setAttribute(attribute, value);
    if (text !== undefined) node.textContent = text;
    svg.append(node);
    return node;
  };
  const isLow = height < 110;
  for (const ms of decades) {
    add('line', { class: 'grid', x1: left, x2: right, y1: y(ms), y2: y(ms) });
    if (ms === 1 || ms === 1000 || (!isLow && ms === 100 && height > 150)) add('text', { x: left - 8, y: y(ms) + 6, 'text-anchor': 'end' }, ms === 1000 ? '1 s' : `${ms} ms`);
  }
  for (const fault of model.faults.values()) {
    if (!applies(fault, lane) || fault.from < model.now - span) continue;
    add('rect', { class: 'band', x: x(fault.from), width: Math.max(0, x(fault.to ?? model.now) - x(fault.from)), y: top, height: bottom - top });
    add('line', { class: 'fault', x1: x(fault.from), x2: x(fault.from), y1: top, y2: bottom });
    const isRight = x(fault.from) > (left + right) / 2;
    add('text', { class: 'fault-name', x: x(fault.from) + (isRight ? -6 : 6), y: top + 16, 'text-anchor': isRight ? 'end' : 'start' }, fault.title);
  }
  const line = index => points.map((score, place) => `${place ? 'L' : 'M'}${x(score.t).toFixed(1)} ${y(score[key][index]).toFixed(1)}`).join('');
  add('path', { class: 'p99', d: line(1) });
  add('path', { class: 'p50', d: line(0) });
  add('text', { class: 'title', x: 0, y: 17 }, title);
  add('text', { class: 'value', x: right, y: 17, 'text-anchor': 'end' }, last ? `p50 ${duration(p50)} · p99 ${duration(p99)}` : '');
  return svg;
}

// MARK: Dots, on one canvas

const canvas = $('canvas');
const pen = canvas.getContext('2d');
let colors = {}, isDrawing = false, frames = [];
const step = 15;

function measure() {
  const area = $('main').getBoundingClientRect();
  const scale = devicePixelRatio || 1;
  [canvas.width, canvas.height] = [Math.round(area.width * scale), Math.round(area.height * scale)];
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  for (const lane of focused()) {
    lane.boxes = {};
    for (const box of lane.root.querySelectorAll('.box')) {
      const rect = box.getBoundingClientRect();
      lane.boxes[box.dataset.box] = { left: rect.left - area.left + 14, top: rect.top - area.top + 62, right: rect.right - area.left - 10,
        bottom: rect.bottom - area.top - 12, count: $('.count', box) };
    }
  }
  // The styles know light and dark; a probe says what a colour is now.
  const probe = element('span');
  document.body.append(probe);
  for (const name of ['ink', 'ok', 'waiting', 'failing', 'muted', 'accent', 'paper', 'ground']) {
    probe.style.color = `var(--${name})`;
    colors[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  draw();
}

function draw() { if (!isDrawing) { isDrawing = true; requestAnimationFrame(frame); } }

let lastFrame = 0;
function frame(now) {
  const began = performance.now();
  if (lastFrame && now - lastFrame < 100) { frames.push(now - lastFrame); if (frames.length > 2000) frames.shift(); }
  lastFrame = now;
  pen.clearRect(0, 0, canvas.width, canvas.height);
  let isMoving = false;
  for (const lane of focused()) if (lane.boxes) isMoving = drawLane(lane, now) || isMoving;
  for (const lane of model.lanes) if (!model.focus.includes(lane.number)) lane.gone.length = 0;
  stage.drawing = performance.now() - began;
  isDrawing = isMoving;
  if (isMoving) requestAnimationFrame(frame); else lastFrame = 0;
}

const ease = () => still.matches ? 1 : Math.min(1, 0.14 * Math.max(1, player.speed));

function drawLane(lane, now) {
  let isMoving = false;
  const taken = {};
  const arrivals = lane.boxes.inbox;
  for (const dot of lane.mails.values()) {
    const key = dot.place === 'adrift' ? (lane.boxes.worker ? 'worker' : 'web server') : dot.place === 'queue' && !lane.boxes.queue ? 'web server' : dot.place;
    const box = lane.boxes[key];
    if (!box) continue;
    const place = taken[key] = (taken[key] ?? -1) + 1;
    const columns = Math.max(1, Math.floor((box.right - box.left) / step));
    const rows = Math.max(1, Math.floor((box.bottom - box.top) / step));
    if (place >= columns * rows) continue;
    const [x, y] = [box.left + (place % columns) * step, box.top + Math.floor(place / columns) * step];
    if (dot.x === undefined) {
      const start = dot.place === 'client' ? lane.boxes.client : box;
      [dot.x, dot.y] = [start.left, (start.top + start.bottom) / 2];
    }
    const part = ease();
    dot.x += (x - dot.x) * part;
    dot.y += (y - dot.y) * part;
    if (Math.abs(x - dot.x) + Math.abs(y - dot.y) > 0.5) isMoving = true;
    drawDot(dot);
  }
  for (const key of Object.keys(lane.boxes)) set(lane.boxes[key].count, taken[key] === undefined ? '' : String(taken[key] + 1));
  lane.gone = lane.gone.filter(gone => {
    gone.shown = gone.shown ?? now;
    const age = (now - gone.shown) / (gone.kind === 'lost' ? 2200 : 1300);
    if (age >= 1) return false;
    isMoving = true;
    drawGone(gone, age, arrivals);
    return true;
  });
  return isMoving;
}

function circle(x, y, radius) { pen.beginPath(); pen.arc(x, y, radius, 0, 2 * Math.PI); }

// Hollow: accepted. Filled: queued. Ringed: in the hand of a process. Dashed: its process is gone.
function drawDot({ x, y, place }) {
  pen.lineWidth = 2;
  pen.setLineDash(place === 'adrift' ? [2, 2.5] : []);
  pen.strokeStyle = pen.fillStyle = place === 'adrift' ? colors.failing : place === 'queue' ? colors.waiting : colors.accent;
  if (place === 'queue') { circle(x, y, 5.5); pen.fill(); return; }
  circle(x, y, 5.5);
  pen.stroke();
  if (place === 'web server' || place === 'worker') { circle(x, y, 2.6); pen.fill(); }
}

function drawGone(gone, age, inbox) {
  pen.setLineDash([]);
  pen.globalAlpha = age < 0.6 ? 1 : 1 - (age - 0.6) / 0.4;
  pen.lineWidth = 2.6;
  const from = [gone.x ?? inbox.left, gone.y ?? inbox.bottom];
  const fly = still.matches ? 1 : Math.min(1, age * 3);
  if (gone.kind === 'arrived' || gone.kind === 'twice') {
    gone.column = gone.column ?? Math.floor(Math.random() * Math.max(1, (inbox.right - inbox.left) / 22));
    const to = [inbox.left + gone.column * 22, (inbox.top + inbox.bottom) / 2 + 8];
    const [x, y] = [from[0] + (to[0] - from[0]) * fly, from[1] + (to[1] - from[1]) * fly - Math.max(0, age - 0.33) * 34];
    pen.strokeStyle = gone.kind === 'twice' ? colors.waiting : colors.ok;
    if (fly < 1) { pen.fillStyle = pen.strokeStyle; circle(x, y, 5.5); pen.fill(); } else {
      tick(x, y);
      if (gone.kind === 'twice') tick(x + 8, y);
    }
  } else if (gone.kind === 'lost') {
    cross(from[0], from[1] + (still.matches ? 0 : age * age * 70), colors.failing);
  } else {
    cross(from[0] - (still.matches ? 0 : fly * 24), from[1], colors.muted);
  }
  pen.globalAlpha = 1;
}

function tick(x, y) {
  pen.beginPath(); pen.moveTo(x - 6, y); pen.lineTo(x - 1.5, y + 5); pen.lineTo(x + 7, y - 6); pen.stroke();
}

function cross(x, y, color) {
  pen.strokeStyle = color;
  pen.beginPath(); pen.moveTo(x - 6, y - 6); pen.lineTo(x + 6, y + 6); pen.moveTo(x + 6, y - 6); pen.lineTo(x - 6, y + 6); pen.stroke();
}

// MARK: Hands

let forAll = false;
const target = () => forAll ? ' all' : '';
const stateOf = role => focused().map(lane => lane.processes[role]).find(Boolean)?.state;
const rateOf = () => Math.max(0, ...focused().map(lane => lane.rate));
const toggle = (role, name) => `${stateOf(role) === 'stopped' ? 'continue' : 'stop'}-${name}${target()}`;

const hands = [
  ['talk', [[' ', 'Space', 'on', () => 'next'], ['Backspace', '←', 'back', () => 'back']]],
  ['send', [['q', 'q', '1', () => `send 1${target()}`], ['w', 'w', '10', () => `send 10${target()}`], ['e', 'e', '100', () => `send 100${target()}`]]],
  ['rate', [['-', '−', 'less', () => `rate ${[0, 1, 5, 10, 20, 50, 100].filter(rate => rate < rateOf()).pop() ?? 0}${target() || ' ' + focused()[0]?.name}`],
    ['+', '+', 'more', () => `rate ${[1, 5, 10, 20, 50, 100, 200].find(rate => rate > rateOf()) ?? 200}${target() || ' ' + focused()[0]?.name}`]]],
  ['worker', [['k', 'k', 'kill', () => `kill-worker${target()}`], ['s', 's', 'stop', () => toggle('worker', 'worker')]]],
  ['web', [['j', 'j', 'kill', () => `kill-server${target()}`], ['d', 'd', 'stop', () => toggle('web server', 'server')]]],
  ['master', [['m', 'm', 'kill', () => `kill-master${target()}`]]],
  ['mail server', [['x', 'x', 'down', () => 'smtp-down'], ['z', 'z', 'slow', () => 'smtp-slow'], ['v', 'v', 'flaky', () => 'smtp-moody'],
    ['b', 'b', '421', () => 'smtp-421'], ['u', 'u', 'up', () => 'smtp-up']]],
  ['Redis', [['r', 'r', 'kill', () => 'redis-killed'], ['t', 't', 'cut', () => 'redis-cut'], ['y', 'y', 'silent', () => 'redis-silent']]],
  ['', [['h', 'h', 'heal', () => 'heal'], ['0', '0', 'calm', () => 'calm'], ['c', 'c', 'compare', () => 'compare']]],
];

async function act(text) {
  if (!isLive) return;
  try {
    const response = await fetch('/do', { method: 'POST', body: text });
    if (!response.ok) showNotice((await response.json()).error?.reason || response.statusText);
  } catch { showNotice('the stage does not answer'); }
}

function makeHands() {
  const bar = $('.hands');
  for (const [name, keys] of hands) {
    const group = element('span', '', name ? `${name} ` : '');
    for (const [, key, label, words] of keys) {
      const button = element('button');
      button.type = 'button';
      button.append(element('kbd', '', key), ` ${label}`);
      button.dataset.hand = label;
      button.addEventListener('click', () => { act(words()); button.blur(); });
      group.append(button);
    }
    bar.append(group);
  }
  const last = element('span');
  const all = element('button');
  all.append(element('kbd', '', 'a'), ' all lanes');
  all.setAttribute('aria-pressed', 'false');
  all.addEventListener('click', () => { forAll = !forAll; all.setAttribute('aria-pressed', String(forAll)); all.blur(); });
  all.dataset.all = '';
  const save = element('button');
  save.append(element('kbd', '', 'o'), ' export');
  save.addEventListener('click', () => { location.href = '/export'; save.blur(); });
  save.dataset.export = '';
  const help = element('button');
  help.append(element('kbd', '', '?'), ' keys');
  help.addEventListener('click', () => $('dialog').showModal());
  last.append(all, save, help);
  bar.append(last);
}

function makeKeys() {
  const rows = isLive
    ? [...hands.flatMap(([name, keys]) => keys.map(([, key, label]) => [key, `${name} ${label}`.trim()])), ['→ PgDn', 'on'], ['PgUp', 'back'],
      ['1 – 9', 'this lane large'], ['Shift 1 – 9', 'beside the first: a duel'], ['a', 'for all lanes, or the large'], ['o', 'export as one file'], ['?', 'these keys']]
    : [['Space', 'play, pause'], ['← →', '5 s back, on'], ['1 – 9', 'this lane large'], ['+ −', 'faster, slower'], ['?', 'these keys']];
  $('dialog dl').replaceChildren(...rows.map(([key, text]) => {
    const row = element('div'), term = element('dt');
    term.append(element('kbd', '', key));
    row.append(term, element('dd', '', text));
    return row;
  }));
}

function focusLane(number, isSecond) {
  if (number >= model.lanes.length) return;
  const focus = isSecond && model.focus[0] !== number ? [model.focus[0], number] : [number];
  if (isLive) act(`focus ${focus.map(place => model.lanes[place].name).join(' ')}`);
  else { model.focus = focus; layout(); }
}

document.addEventListener('click', event => {
  const strip = event.target.closest('.strip');
  if (strip) focusLane(model.lanes.findIndex(lane => lane.name === strip.dataset.lane), event.shiftKey);
});

document.addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey || $('dialog').open) return;
  const digit = /^Digit([1-9])$/.exec(event.code) || /^([1-9])$/.exec(event.key);
  if (event.key === '?') { event.preventDefault(); $('dialog').showModal(); return; }
  if (digit) { event.preventDefault(); focusLane(Number(digit[1]) - 1, event.shiftKey); return; }
  if (!isLive) { player.key(event); return; }
  if (event.target.matches('button') && (event.key === ' ' || event.key === 'Enter')) return;
  const aliases = { ArrowRight: ' ', PageDown: ' ', ArrowLeft: 'Backspace', PageUp: 'Backspace', '−': '-', '=': '+' };
  const key = aliases[event.key] || event.key;
  if (key === 'a') { $('[data-all]').click(); return; }
  if (key === 'o') { $('[data-export]').click(); return; }
  const hand = hands.flatMap(([, keys]) => keys).find(([name]) => name === key);
  if (!hand || event.repeat) return;
  event.preventDefault();
  act(hand[3]());
});

// MARK: A record plays by itself

const player = {
  speed: 1, at: 0, next: 0, events: [], isPlaying: false,
  open(text) {
    this.events = text.split('\n').filter(line => line.trim()).map(line => JSON.parse(line));
    this.end = this.events.length ? this.events[this.events.length - 1].t : 0;
    const range = $('.player input');
    range.max = this.end;
    $('.player').hidden = false;
    $('.hands').hidden = true;
    range.addEventListener('input', () => this.seek(Number(range.value)));
    $('[data-play]').addEventListener('click', () => this.play(!this.isPlaying));
    $('.player select').addEventListener('change', event => { this.speed = Number(event.target.value); });
    const start = /t=([\d.]+)/.exec(location.hash);
    this.seek(start ? Number(start[1]) * 1000 : 0);
    if (!start) this.play(true);
  },
  seek(time) {
    // What was before follows from the beginning: every event is applied again.
    if (time < this.at || this.next === 0) this.next = 0;
    this.at = Math.max(0, Math.min(time, this.end));
    this.advance();
    show();
  },
  advance() {
    while (this.next < this.events.length && this.events[this.next].t <= this.at) apply(this.events[this.next++]);
    draw();
  },
  play(isPlaying) {
    this.isPlaying = isPlaying;
    $('[data-play]').textContent = isPlaying ? '❚❚' : '▶';
    $('[data-play]').setAttribute('aria-label', isPlaying ? 'Pause' : 'Play');
    if (isPlaying && this.at >= this.end) this.seek(0);
    this.last = performance.now();
    if (isPlaying) requestAnimationFrame(() => this.tick());
  },
  tick() {
    if (!this.isPlaying) return;
    const now = performance.now();
    this.at = Math.min(this.end, this.at + (now - this.last) * this.speed);
    this.last = now;
    this.advance();
    show();
    if (this.at >= this.end) this.play(false); else requestAnimationFrame(() => this.tick());
  },
  key(event) {
    if (event.target.matches('select, input')) return;
    const select = $('.player select');
    const act = { ' ': () => this.play(!this.isPlaying), ArrowRight: () => this.seek(this.at + 5000), ArrowLeft: () => this.seek(this.at - 5000),
      '+': () => { select.selectedIndex = Math.min(5, select.selectedIndex + 1); this.speed = Number(select.value); },
      '-': () => { select.selectedIndex = Math.max(0, select.selectedIndex - 1); this.speed = Number(select.value); } }[event.key];
    if (act && !(event.key === ' ' && event.target.matches('button'))) { event.preventDefault(); act(); }
  },
};

// MARK: The beginning

const record = $('#record');
const isLive = !record;
let lastEvent = 0;

function show() {
  const t = isLive ? model.now + Math.min(1000, performance.now() - lastEvent) : player.at;
  set($('.clock'), clock(t));
  if (!isLive) { $('.player input').value = t; set($('.player output'), `${clock(t)} of ${clock(player.end)}`); }
  if (noticeEnd && performance.now() > noticeEnd) { $('.notice').hidden = true; noticeEnd = 0; }
}

function connect() {
  const source = new EventSource('/events');
  source.onopen = () => { $('.status').classList.remove('stale'); showStatus(); };
  source.onmessage = event => { lastEvent = performance.now(); apply(JSON.parse(event.data)); };
  source.onerror = () => {
    $('.status').classList.add('stale');
    set($('.status'), `▲ stale since ${new Date().toLocaleTimeString()}`);
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 2000);
  };
}

// For tests and measurements.
const stage = { model, player, get frames() { return frames; }, drawing: 0 };
window.stage = stage;

makeKeys();
new ResizeObserver(() => { if (model.lanes.length) { measure(); for (const lane of focused()) showPlots(lane); } }).observe($('main'));
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', measure);
if (isLive) {
  makeHands();
  const wanted = location.hash;
  addEventListener('hashchange', () => { if (!model.step || location.hash !== `#${model.step.address}`) act(`go ${location.hash}`); });
  if (wanted.length > 1) act(`go ${decodeURIComponent(wanted)}`);
  connect();
  setInterval(show, 200);
} else {
  player.open(record.textContent);
}
