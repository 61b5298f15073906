
// MARK: A record plays by itself

const player = {
  speed: 1, at: 0, next: 0, end: 0, events: [], isPlaying: false,
  open(text) {
    this.events = text.split('\n').filter(line => line.trim()).map(line => JSON.parse(line));
    this.end = this.events.reduce((end, event) => Math.max(end, event.t), 0);
    const range = $('.player input');
    range.max = this.end;
    $('.player').hidden = false;
    $('.actions').hidden = true;
    range.addEventListener('input', () => this.seek(Number(range.value)));
    $('[data-play]').addEventListener('click', () => this.play(!this.isPlaying));
    $('.player select').addEventListener('change', event => { this.speed = Number(event.target.value); });
    this.seek(0);
    if (!this.go(location.hash)) this.play(true);
  },
  /** To a time, `#t=12.5`, and stays there; or plays from the step with this address. */
  go(hash) {
    const time = /^#t=([\d.]+)$/.exec(hash);
    if (time) { this.play(false); this.seek(Number(time[1]) * 1000); return true; }
    const step = this.events.find(event => event.step && addressOf(hash) === `#${event.step.address}`);
    if (!step) return false;
    this.seek(step.t);
    this.play(true);
    return true;
  },
  /** To the beginning of the next step, or of the one before. */
  goStep(direction) {
    const times = this.events.filter(event => event.step).map(event => event.t);
    // Who goes back a moment after a step has begun wants the one before it.
    const time = direction > 0 ? times.find(time => time > this.at) : times.findLast(time => time < this.at - 1000);
    this.seek(time ?? (direction > 0 ? this.end : 0));
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
    cancelAnimationFrame(this.frame);
    if (isPlaying) this.frame = requestAnimationFrame(() => this.tick());
  },
  tick() {
    if (!this.isPlaying) return;
    const now = performance.now();
    this.at = Math.min(this.end, this.at + (now - this.last) * this.speed);
    this.last = now;
    this.advance();
    if (this.at >= this.end) this.play(false); else this.frame = requestAnimationFrame(() => this.tick());
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
      PageDown: () => this.goStep(1), PageUp: () => this.goStep(-1),
      '+': () => this.setSpeed(place + 1), '=': () => this.setSpeed(place + 1), '-': () => this.setSpeed(place - 1) }[event.key];
    if (act && !(event.key === ' ' && event.target.matches('button, select'))) { event.preventDefault(); act(); }
  },
};
