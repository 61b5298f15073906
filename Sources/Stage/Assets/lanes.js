
// MARK: Lanes, and the strips of the others

const scoreRows = [['asked', 'asked'], ['answered', 'answered'], ['delivered', '✓ delivered'], ['notYet', '◌ not yet'],
  ['twice', '✓✓ twice'], ['lost', '✕ lost'], ['refused', '⊘ refused']];

function boxesOf(lane) {
  const boxes = [['client', 'client'], ['web server', 'web server']];
  const middle = lane.redis ? 'Redis' : lane.roles.includes('master') ? 'master' : 'queue';
  if (lane.roles.includes('worker')) boxes.push(['queue', middle], ['worker', 'worker']);
  return [...boxes, ['inbox', 'mail server']];
}

function layout() {
  const lanes = $('.lanes');
  for (const lane of model.lanes) {
    lane.root = isFocused(lane) ? makeLane(lane) : null;
    lane.strip = isFocused(lane) ? null : makeStrip(lane);
    for (const dot of lane.mails.values()) dot.x = undefined;
  }
  lanes.replaceChildren(...focused().map(lane => lane.root));
  lanes.classList.toggle('two', model.focus.length > 1);
  lanes.dataset.lanes = focused().map(lane => lane.name).join(' ');
  $('.strips').replaceChildren(...model.lanes.map(lane => lane.strip).filter(Boolean));
  changed.plots = true;
  changeLanes();
}

function makeLane(lane) {
  const root = element('section', 'lane');
  root.dataset.lane = lane.name;
  const pipe = element('div', 'pipe');
  for (const [key, name] of boxesOf(lane)) {
    const box = element('div', 'box', element('p', 'name', name), element('p', 'process', element('span', 'sign'), element('span', 'pid'),
      element('span', 'count')));
    box.dataset.box = key;
    pipe.append(box);
  }
  const score = element('dl', 'score');
  for (const [key, name] of [...scoreRows, ['rate', 'rate'], ['requests', 'requests']]) {
    const value = element('dd');
    value.dataset.score = key;
    score.append(element('div', key, element('dt', '', name), value));
  }
  root.append(element('header', '', element('h2', '', lane.name), element('p', 'summary', lane.summary), element('p', 'events')),
    pipe, element('div', 'plots'), score);
  return root;
}

function makeStrip(lane) {
  const strip = element('button', 'strip', element('kbd', '', String(lane.number + 1)), element('b', '', lane.name),
    element('span', 'p99'), element('span', 'waits'), element('span', 'good'), element('span', 'bad'),
    element('span', 'backlog', element('i')));
  strip.type = 'button';
  strip.dataset.lane = lane.name;
  return strip;
}

function showLane(lane) {
  if (lane.root) { showBoxes(lane); showScore(lane); showFaults(lane); } else if (lane.strip) showStrip(lane);
}

/** What a box says of its process, and in which state that is: up, stopped, dead. */
function stateOfBox(lane, key) {
  const process = lane.processes[key === 'queue' && lane.roles.includes('master') ? 'master' : key];
  if (process) return [process.state, process.state, String(process.pid)];
  if (key === 'queue' && lane.redis) {
    const fault = [...model.faults.values()].find(fault => fault.redis && fault.to === null);
    return fault ? [fault.title.replace('Redis ', ''), fault.name === 'redis-silent' ? 'stopped' : 'dead', ''] : ['up', 'up', ''];
  }
  if (key === 'inbox' && model.mailServer) {
    const { state, title } = model.mailServer;
    return state === 'smtp-up' ? ['up', 'up', ''] : [title.replace(/^mail server (says )?/, ''), state === 'smtp-down' ? 'dead' : 'stopped', ''];
  }
  return lane.roles.includes(key) ? ['starts', 'stopped', ''] : ['', '', ''];
}

function showBoxes(lane) {
  for (const box of lane.root.querySelectorAll('.box')) {
    const [text, state, pid] = stateOfBox(lane, box.dataset.box);
    if (box.dataset.state !== state) box.dataset.state = state;
    set($('.sign', box), text);
    set($('.pid', box), pid);
  }
}

function showScore(lane) {
  for (const [key] of scoreRows) {
    const value = $(`[data-score="${key}"]`, lane.root);
    set(value, count(lane.score[key]));
    value.parentNode.classList.toggle('zero', !lane.score[key]);
  }
  set($('[data-score=rate]', lane.root), `${lane.rate}/s${lane.score.ratio > 1 ? `, 1 of ${lane.score.ratio} drawn` : ''}`);
  set($('[data-score=requests]', lane.root), `${Number(requests(lane).toPrecision(2))}/s`);
}

function showStrip(lane) {
  const { score, strip } = lane;
  const broken = Object.values(lane.processes).find(process => process.state !== 'up');
  strip.classList.toggle('broken', Boolean(broken));
  $('.backlog i', strip).style.width = `${Math.min(100, 12 * Math.log2(1 + (score.notYet || 0)))}%`;
  set($('.p99', strip), (broken ? (broken.state === 'dead' ? '✕ ' : '‖ ') : '') + (score.a ? duration(score.a[1]) : '–'));
  set($('.waits', strip), count(score.notYet));
  set($('.good', strip), count(score.delivered));
  set($('.bad', strip), count(score.lost));
  $('.bad', strip).classList.toggle('some', score.lost > 0);
  strip.setAttribute('aria-label', `${lane.name}: ${score.delivered || 0} delivered, ${score.notYet || 0} not yet, ${score.lost || 0} lost`);
}
