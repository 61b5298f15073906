import BgdemoFoundations
import Testing

@Suite struct SeededRandomTests {
    @Test("The same seed has the same numbers, which are SplitMix64's")
    func random() {
        var random = SeededRandom(seed: 1_234_567)
        // The reference implementation's, <https://prng.di.unimi.it/splitmix64.c>.
        #expect(
            (0..<3).map { _ in random.next() } == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            ])
        var first = SeededRandom(seed: 7)
        #expect(first.next() == SeededRandom.mix(7))
        #expect((0..<1000).allSatisfy { _ in (0..<1).contains(random.unit()) })
        #expect(FNV1a.hash("foobar".utf8) == 0x85944171f73967e8)
    }
}
