
// MARK: Dots, on one canvas over the pipes of the lanes

const canvas = $('canvas');
const pen = canvas.getContext('2d');
const still = matchMedia('(prefers-reduced-motion: reduce)');
const pitch = 15;
let colors = {};

/** Where the boxes are, and which colours there are now. */
function measure() {
  const main = $('main').getBoundingClientRect();
  const pipes = focused().map(lane => $('.pipe', lane.root).getBoundingClientRect());
  if (!pipes.length) return;
  const top = Math.min(...pipes.map(pipe => pipe.top)), bottom = Math.max(...pipes.map(pipe => pipe.bottom));
  const left = Math.min(...pipes.map(pipe => pipe.left)), right = Math.max(...pipes.map(pipe => pipe.right));
  const scale = devicePixelRatio || 1;
  [canvas.style.left, canvas.style.top] = [`${left - main.left}px`, `${top - main.top}px`];
  [canvas.style.width, canvas.style.height] = [`${right - left}px`, `${bottom - top}px`];
  [canvas.width, canvas.height] = [Math.ceil((right - left) * scale), Math.ceil((bottom - top) * scale)];
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  for (const lane of focused()) {
    lane.boxes = {};
    for (const box of lane.root.querySelectorAll('.box')) {
      const rect = box.getBoundingClientRect(), head = $('.process', box).getBoundingClientRect();
      // In a narrow window a box is a row, whose dots are beside its words.
      const isRow = rect.bottom - head.bottom < pitch;
      lane.boxes[box.dataset.box] = {
        left: (isRow ? head.right : rect.left) - left + 14, top: (isRow ? rect.top : head.bottom) - top + 10,
        right: rect.right - left - 10, bottom: rect.bottom - top - 10, count: $('.count', box) };
    }
  }
  // The styles know light and dark; a probe says what a colour is now.
  const probe = element('span');
  document.body.append(probe);
  for (const name of ['ok', 'waiting', 'failing', 'muted', 'accent']) {
    probe.style.color = `var(--${name})`;
    colors[name] = getComputedStyle(probe).color;
  }
  probe.remove();
}

/** @returns Whether anything moves still. */
function drawDots(now) {
  pen.clearRect(0, 0, canvas.width, canvas.height);
  let isMoving = false;
  for (const lane of model.lanes) {
    if (!isFocused(lane)) lane.gone.length = 0;
    else if (lane.boxes) isMoving = drawLane(lane, now) || isMoving;
  }
  return isMoving;
}

/** The part of its way that a dot goes in this frame: as much in a second whatever the frames. */
const ease = () => still.matches ? 1 : 1 - Math.pow(0.86, Math.max(1, player.speed) * elapsed / 16.7);

function boxOf(lane, dot) {
  if (dot.place === 'adrift') return lane.boxes.worker ? 'worker' : 'web server';
  return dot.place === 'queue' && !lane.boxes.queue ? 'web server' : dot.place;
}

function drawLane(lane, now) {
  let isMoving = false;
  const taken = {}, part = ease();
  for (const dot of lane.mails.values()) {
    const key = boxOf(lane, dot), box = lane.boxes[key];
    if (!box) continue;
    const place = taken[key] = (taken[key] ?? -1) + 1;
    const columns = Math.max(1, Math.floor((box.right - box.left) / pitch));
    const rows = Math.max(1, Math.floor((box.bottom - box.top) / pitch));
    if (place >= columns * rows) continue;
    const [x, y] = [box.left + (place % columns) * pitch, box.top + Math.floor(place / columns) * pitch];
    if (dot.x === undefined) {
      const start = dot.place === 'client' ? lane.boxes.client : box;
      [dot.x, dot.y] = [start.left, (start.top + start.bottom) / 2];
    }
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
    drawGone(gone, age, lane.boxes);
    return true;
  });
  return isMoving;
}

function circle(x, y, radius) { pen.beginPath(); pen.arc(x, y, radius, 0, 2 * Math.PI); }

/** Hollow: accepted. Filled: queued. Ringed: in the hand of a process. Dashed: its process is gone. */
function drawDot({ x, y, place }) {
  pen.lineWidth = 2;
  pen.setLineDash(place === 'adrift' ? [2, 2.5] : []);
  pen.strokeStyle = pen.fillStyle = place === 'adrift' ? colors.failing : place === 'queue' ? colors.waiting : colors.accent;
  circle(x, y, 5.5);
  if (place === 'queue') { pen.fill(); return; }
  pen.stroke();
  if (place === 'web server' || place === 'worker') { circle(x, y, 2.6); pen.fill(); }
}

/** A tick goes up from the inbox, two for a copy; a cross falls where a mail is lost, and goes back where it is refused. */
function drawGone(gone, age, boxes) {
  const { inbox } = boxes;
  pen.setLineDash([]);
  pen.globalAlpha = age < 0.6 ? 1 : 1 - (age - 0.6) / 0.4;
  pen.lineWidth = 2.6;
  const start = gone.kind === 'refused' ? boxes.client : inbox;
  const [fromX, fromY] = [gone.x ?? start.left, gone.y ?? (start.top + start.bottom) / 2];
  const way = still.matches ? 1 : Math.min(1, age * 3);
  if (gone.kind === 'arrived' || gone.kind === 'twice') {
    gone.column = gone.column ?? Math.floor(Math.random() * Math.max(1, (inbox.right - inbox.left) / 22));
    const [toX, toY] = [inbox.left + gone.column * 22, (inbox.top + inbox.bottom) / 2 + 8];
    const [x, y] = [fromX + (toX - fromX) * way, fromY + (toY - fromY) * way - Math.max(0, age - 0.33) * 34];
    pen.strokeStyle = pen.fillStyle = gone.kind === 'twice' ? colors.waiting : colors.ok;
    if (way < 1) { circle(x, y, 5.5); pen.fill(); } else { tick(x, y); if (gone.kind === 'twice') tick(x + 8, y); }
  } else if (gone.kind === 'lost') {
    cross(fromX, fromY + (still.matches ? 0 : age * age * 70), colors.failing);
  } else {
    cross(fromX - (still.matches ? 0 : way * 24), fromY, colors.muted);
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

// MARK: Frames

/** Of the last frames: milliseconds since the frame before, and milliseconds of this page's own work. */
const frames = [], work = [];
let isScheduled = false, lastFrame = 0, drawn = 0, elapsed = 16.7;

/** Where only a sample of the mails is drawn, the page leaves the machine to them: ten frames a second. */
const isSample = () => isLive && model.lanes.some(lane => lane.score.ratio > 1);

function schedule() {
  if (isScheduled) return;
  isScheduled = true;
  const wait = isSample() ? 100 - (performance.now() - drawn) : 0;
  if (wait > 0) setTimeout(() => requestAnimationFrame(frame), wait); else requestAnimationFrame(frame);
}

function frame(now) {
  const began = performance.now();
  isScheduled = false;
  elapsed = Math.min(100, Math.max(1, now - drawn));
  drawn = now;
  render();
  const isMoving = drawDots(now);
  if (lastFrame) { note(frames, now - lastFrame); note(work, performance.now() - began); }
  lastFrame = isMoving && !isSample() ? now : 0;
  if (isMoving) schedule();
}

function note(figures, value) {
  figures.push(value);
  if (figures.length > 40000) figures.shift();
}

function render() {
  const isNew = changed.layout;
  if (isNew) layout();
  if (changed.step && model.step) showStep();
  for (const lane of changed.lanes) showLane(lane);
  if (isNew) measure();
  if (changed.plots) for (const lane of focused()) showPlots(lane);
  changed.layout = changed.step = changed.plots = false;
  changed.lanes.clear();
}
