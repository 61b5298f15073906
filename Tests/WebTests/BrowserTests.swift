import Testing

/// The tests that start a browser, one after the other: each takes all cores for a moment.
@Suite(.serialized, .timeLimit(.minutes(3))) struct BrowserTests {}
