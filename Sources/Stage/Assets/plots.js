
// MARK: Plots

const SVG = 'http://www.w3.org/2000/svg';
const decades = [1, 10, 100, 1000, 10000];
const labelFont = '600 18px system-ui, sans-serif';

function showPlots(lane) {
  const place = $('.plots', lane.root);
  const isStacked = model.focus.length > 1 || innerWidth <= 960;
  const width = isStacked ? place.clientWidth : (place.clientWidth - 18) / 2;
  const height = isStacked ? (place.clientHeight - 6) / 2 : place.clientHeight;
  if (width < 60 || height < 50) return;
  const titles = isStacked ? ['answer', 'inbox'] : ['answered after', 'in the inbox after'];
  place.replaceChildren(plot(lane, 'a', titles[0], width, height), plot(lane, 'i', titles[1], width, height));
}

function plot(lane, key, title, width, height) {
  const svg = document.createElementNS(SVG, 'svg');
  const add = (name, attributes, text) => {
    const node = document.createElementNS(SVG, name);
    for (const [attribute, value] of Object.entries(attributes)) node.setAttribute(attribute, value);
    if (text !== undefined) node.textContent = text;
    svg.append(node);
  };
  const points = lane.scores.filter(score => score[key]);
  const [p50, p99] = points.length ? points[points.length - 1][key] : [];
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', `${title}: p50 ${duration(p50)}, p99 ${duration(p99)}`);
  const isLow = height < 110;
  const [top, bottom, left, right] = [26, height - 4, isLow ? 54 : 78, width - 4];
  const x = t => right - (model.now - t) / span * (right - left);
  const y = ms => bottom - (Math.log10(Math.max(0.3, Math.min(30000, ms))) + 0.52) / 5 * (bottom - top);
  for (const ms of decades) add('line', { class: 'grid', x1: left, x2: right, y1: y(ms), y2: y(ms) });
  for (const ms of isLow ? [1, 1000] : [1, 100, 1000]) {
    add('text', { x: left - 8, y: y(ms) + 6, 'text-anchor': 'end' }, ms === 1000 ? '1 s' : `${ms} ms`);
  }
  const faults = faultsOf(lane).filter(fault => fault.from >= model.now - span);
  for (const fault of faults) {
    add('rect', { class: 'band', x: x(fault.from), width: Math.max(0, x(fault.to ?? model.now) - x(fault.from)), y: top, height: bottom - top });
    add('line', { class: 'fault', x1: x(fault.from), x2: x(fault.from), y1: top, y2: bottom });
  }
  const line = index => points.map((score, place) => `${place ? 'L' : 'M'}${x(score.t).toFixed(1)} ${y(score[key][index]).toFixed(1)}`).join('');
  add('path', { class: 'p99', d: line(1) });
  add('path', { class: 'p50', d: line(0) });
  for (const label of labelsOf(faults, x, left, right, isLow ? 1 : 3)) {
    add('text', { class: 'fault-name', x: label.x, y: top + 16 + 20 * label.row }, label.title);
  }
  add('text', { class: 'title', x: 0, y: 17 }, title);
  const values = points.length ? [`p50 ${duration(p50)} · p99 ${duration(p99)}`, `p99 ${duration(p99)}`] : [];
  pen.font = labelFont;
  const space = right - pen.measureText(title).width - 12;
  add('text', { class: 'value', x: right, y: 17, 'text-anchor': 'end' }, values.find(value => pen.measureText(value).width <= space) ?? '');
  return svg;
}

/** The names of faults, beside their lines and in rows so that none covers another. The newest come first; one without room is left out. */
function labelsOf(faults, x, left, right, rows) {
  pen.font = labelFont;
  const placed = [];
  for (const fault of [...faults].reverse()) {
    const width = pen.measureText(fault.title).width;
    const start = x(fault.from) + 6 + width <= right ? x(fault.from) + 6 : x(fault.from) - 6 - width;
    if (start < left) continue;
    for (let row = 0; row < rows; row++) {
      if (placed.some(other => other.row === row && start < other.end + 8 && other.x < start + width + 8)) continue;
      placed.push({ title: fault.title, x: start, end: start + width, row });
      break;
    }
  }
  return placed;
}
