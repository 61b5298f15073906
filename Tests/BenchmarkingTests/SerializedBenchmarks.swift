import Testing

/// What loads the machine, one test after the other.
@Suite(.serialized) enum SerializedBenchmarks {}
