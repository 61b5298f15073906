import Testing

/// Tests that load the machine. They run one after the other.
@Suite(.serialized) enum SerializedBenchmarks {}
