
// MARK: A record plays by itself

const player = {
  speed: 1, at: 0, next: 0, end: 0, events: [], isPlaying: false,
  open(text) {
    this.events = text.split('\n').filter(line => line.trim()).map(line => JSON.parse(line));
    this.end = this.events.length ? this.events[this.events.length - 1].t : 0;
    const range = $('.player input');
    range.max = this.end;
    $('.player').hidden = false;
    $('.actions').hidden = true;
    range.addEventListener('input', () => this.seek(Number(range.value)));
    $('[data-play]').addEventListener('click', () => this.play(!this.isPlaying));
    $('.player select').addEventListener('change', event => { this.speed = Number(event.target.value); });
    const start = /t=([\d.]+)/.exec(location.hash);
    this.seek(start ? Number(start[1]) * 1000 : 0);
    if (!start) this.play(true);
  },
  seek(time) {
    // What was before follows from the beginning: every event is applied again.
    if (time < this.at) this.next = 0;
    this.at = Math.max(0, Math.min(time, this.end));
    this.advance();
  },
  advance() {
    while (this.next < this.events.length && this.events[this.next].t <= this.at) apply(this.events[this.next++]);
    showTime();
    const range = $('.player input');
    range.value = this.at;
    set($('.player output'), `${clock(this.at)} of ${clock(this.end)}`);
    range.setAttribute('aria-valuetext', clock(this.at));
  },
  play(isPlaying) {
    this.isPlaying = isPlaying;
    set($('[data-play]'), isPlaying ? '❚❚' : '▶');
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
    if (this.at >= this.end) this.play(false); else requestAnimationFrame(() => this.tick());
  },
  setSpeed(place) {
    const select = $('.player select');
    select.selectedIndex = Math.max(0, Math.min(select.options.length - 1, place));
    this.speed = Number(select.value);
  },
  key(event) {
    if (event.target.matches('select, input') && event.key !== ' ') return;
    const place = $('.player select').selectedIndex;
    const act = { ' ': () => this.play(!this.isPlaying), ArrowRight: () => this.seek(this.at + 5000), ArrowLeft: () => this.seek(this.at - 5000),
      '+': () => this.setSpeed(place + 1), '=': () => this.setSpeed(place + 1), '-': () => this.setSpeed(place - 1) }[event.key];
    if (act && !(event.key === ' ' && event.target.matches('button, select'))) { event.preventDefault(); act(); }
  },
};
