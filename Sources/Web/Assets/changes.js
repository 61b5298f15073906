// Follows the changes of a section. One window of the browser holds the section's stream and tells the others: over HTTP/1.1
// a browser has six connections to a server, a stream keeps one, and a window that gets none hangs.
// Where the browser lacks what this needs (Web Locks are for https and loopback), each window has its own stream.

// How long the holder may hear nothing of the server, which says something every 15 s, and the others nothing of the holder.
const serverSilence = 40000, holderSilence = 12000, beat = 4000;

export class ChangeStream {
  #section; #version; #report;
  #stop = null; #channel = null; #source = null; #heard = 0;

  // report is told 'changed' and 'same', with which the page is right; 'lost' where the server is away; 'refused' and
  // 'silent' where only the page itself shows what is the matter.
  constructor(section, version, report) {
    [this.#section, this.#version, this.#report] = [section, version, report];
    setInterval(() => this.#watch(), beat);
  }

  start() {
    if (this.#stop) return;
    const { signal } = this.#stop = new AbortController();
    this.#heard = Date.now();
    const hold = () => new Promise(done => {
      if (signal.aborted) { done(); return; }
      signal.addEventListener('abort', done);
      this.#open(signal);
    });
    if (!navigator.locks || !window.BroadcastChannel) { hold(); return; }
    const name = `changes of ${this.#section}`;
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }) => { if (data.asks) this.#answer(); else this.#hear(data); };
    // Rejected where the window stops before its turn.
    navigator.locks.request(name, { signal }, hold).catch(() => {});
    this.#channel.postMessage({ asks: true });
  }

  stop() {
    if (this.#stop) this.#stop.abort();
    if (this.#source) this.#source.close();
    if (this.#channel) this.#channel.close();
    this.#stop = this.#source = this.#channel = null;
  }

  #open(signal) {
    // Not the page's own address, which may be long: all of a section change together.
    const query = new URLSearchParams({ page: this.#section });
    if (this.#version) query.set('after', this.#version);
    const source = this.#source = new EventSource(`/changes?${query}`);
    source.onopen = () => this.#tell({ version: this.#version });
    source.onmessage = event => this.#tell({ version: event.lastEventId });
    source.addEventListener('quiet', () => { this.#heard = Date.now(); });
    source.onerror = () => {
      // A refusal ends a source for good; a lost connection is dialled again by the browser.
      const isRefused = source.readyState === EventSource.CLOSED;
      this.#tell({ problem: isRefused ? 'refused' : 'lost' });
      if (isRefused) setTimeout(() => { if (!signal.aborted) this.#open(signal); }, 5000);
    };
  }

  #tell(state) {
    if (this.#channel) this.#channel.postMessage(state);
    this.#hear(state);
  }

  #hear({ version, problem }) {
    this.#heard = Date.now();
    if (problem) { this.#report(problem); return; }
    const isSame = version === this.#version;
    this.#version = version;
    this.#report(isSame ? 'same' : 'changed');
  }

  get #isHeard() { return Date.now() - this.#heard < (this.#source ? serverSilence : holderSilence); }

  // Of the holder, for a window that has just come, and for all every few seconds.
  #answer() {
    if (this.#source && this.#source.readyState === EventSource.OPEN && this.#isHeard) {
      this.#channel.postMessage({ version: this.#version });
    }
  }

  #watch() {
    if (!this.#stop) return;
    if (this.#channel) this.#answer();
    if (this.#isHeard) return;
    // The server is gone without a word, or the holder stands still, as with a question that is open.
    this.#heard = Date.now();
    if (this.#source && this.#source.readyState === EventSource.OPEN) {
      this.#source.close();
      this.#open(this.#stop.signal);
    }
    this.#report('silent');
  }
}
