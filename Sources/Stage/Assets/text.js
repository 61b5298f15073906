
// MARK: Elements and figures

const $ = (selector, from = document) => from.querySelector(selector);

const element = (tag, name, ...parts) => {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.append(...parts);
  return made;
};
const set = (node, text) => { if (node.textContent !== text) node.textContent = text; };

const clock = t => `${Math.floor(t / 60000)}:${String(Math.floor(t / 1000) % 60).padStart(2, '0')}`;
const count = number => String(number ?? 0).replace(/\B(?=(\d{3})+$)/g, '\u202f');
const mails = number => number === 1 ? '1 mail' : `${number} mails`;

function duration(ms) {
  if (ms === undefined || ms === null) return '–';
  if (ms < 10) return `${ms.toPrecision(2)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 10000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}
