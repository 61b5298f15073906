/// What a key of the terminal does; the page has the same keys.
enum StageKey: Sendable, Hashable {
    case action(StageAction)
    /// Whether the hands are for all lanes, from now on.
    case toggleAll
    /// Writes what has happened to a file that plays by itself.
    case export

    /// - Parameters:
    ///   - lanes: The names of all lanes.
    ///   - focus: That of the first one that is shown large.
    ///   - isStopped: Whether the worker, and the web server, of that lane are stopped.
    init?(
        _ key: Character, lanes: [String], focus: String, rate: Double, forAll: Bool,
        isStopped: (Bool, Bool) = (false, false)
    ) {
        let choice = forAll ? LaneChoice.all : .focused
        let hands: [Character: Hand] = [
            "k": .killWorker, "j": .killServer, "m": .killMaster, "x": .smtpDown, "z": .smtpSlow, "v": .smtpMoody,
            "b": .smtpBusy, "u": .smtpUp, "r": .redisKilled, "t": .redisCut, "y": .redisSilent,
            "s": isStopped.0 ? .continueWorker : .stopWorker, "d": isStopped.1 ? .continueServer : .stopServer,
        ]
        switch key {
        case " ": self = .action(.next)
        case "\u{7f}", "\u{8}": self = .action(.back)
        case "q": self = .action(.send(1, choice))
        case "w": self = .action(.send(10, choice))
        case "e": self = .action(.send(100, choice))
        case "+", "=": self = .action(.rate(Self.rates.first { $0 > rate } ?? 200, choice, seconds: nil))
        case "-": self = .action(.rate(Self.rates.last { $0 < rate } ?? 0, choice, seconds: nil))
        case "h": self = .action(.heal)
        case "0": self = .action(.calm)
        case "c": self = .action(.compare)
        case "a": self = .toggleAll
        case "o": self = .export
        case "1"..."9":
            guard let number = key.wholeNumberValue, number <= lanes.count else { return nil }
            self = .action(.focus([lanes[number - 1]]))
        // Shift and a digit, as on keyboards of the United States.
        case "!", "@", "#", "$", "%", "^", "&", "*", "(":
            guard let place = Array("!@#$%^&*(").firstIndex(of: key), place < lanes.count, lanes[place] != focus
            else { return nil }
            self = .action(.focus([focus, lanes[place]]))
        default:
            guard let hand = hands[key] else { return nil }
            self = .action(.strike(hand, choice))
        }
    }

    private static let rates: [Double] = [0, 1, 5, 10, 20, 50, 100, 200]
}
