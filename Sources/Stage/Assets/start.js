
// MARK: The beginning

const record = $('#record');
const isLive = !record;
let lastEvent = 0;

const timeNow = () => isLive ? model.now + Math.min(1000, performance.now() - lastEvent) : player.at;

/** What an address stands for; as it is where it has a wrong escape. */
function addressOf(hash) { try { return decodeURIComponent(hash); } catch { return hash; } }

function connect() {
  const source = new EventSource('/events');
  source.onopen = () => { $('.status').classList.remove('stale'); showStatus(); };
  source.onmessage = event => { lastEvent = performance.now(); apply(JSON.parse(event.data)); };
  source.onerror = () => {
    if (!$('.status').classList.contains('stale')) set($('.status'), `stale since ${new Date().toLocaleTimeString()}`);
    $('.status').classList.add('stale');
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 2000);
  };
}

// For tests and measurements.
window.stage = { model, player, frames, work };

makeKeys();
new ResizeObserver(() => { changed.layout = true; schedule(); }).observe($('main'));
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { changed.layout = true; schedule(); });
if (isLive) {
  makeActions();
  const wanted = location.hash;
  // Not where the page is now: a step that has come meanwhile may have written its own address.
  addEventListener('hashchange', ({ newURL }) => {
    const { hash } = new URL(newURL);
    if (hash.length > 1 && addressOf(hash) !== `#${model.step?.address}`) act(`go ${addressOf(hash)}`, 'talk');
  });
  if (wanted.length > 1) act(`go ${addressOf(wanted)}`, 'talk');
  connect();
  setInterval(showTime, 200);
} else {
  player.open(record.textContent);
  addEventListener('hashchange', () => player.go(location.hash));
}
