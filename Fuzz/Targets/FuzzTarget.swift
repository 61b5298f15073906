/// A reader of bytes from outside. Whatever the bytes, it returns: in time, without a trap, and with what holds of every
/// result (`precondition`).
enum FuzzTarget: String, CaseIterable {
    case address, cron, event, http, inbox, job, journal, json, mime, pattern, pipe, printable, resp, response, smtp,
        url

    func read(_ bytes: [UInt8]) {
        switch self {
        case .address: Self.address(bytes)
        case .cron: Self.cron(bytes)
        case .event: Self.event(bytes)
        case .http: Self.http(bytes)
        case .inbox: Self.inbox(bytes)
        case .job: Self.job(bytes)
        case .journal: Self.journal(bytes)
        case .json: Self.json(bytes)
        case .mime: Self.mime(bytes)
        case .pattern: Self.pattern(bytes)
        case .pipe: Self.pipe(bytes)
        case .printable: Self.printable(bytes)
        case .resp: Self.resp(bytes)
        case .response: Self.response(bytes)
        case .smtp: Self.smtp(bytes)
        case .url: Self.url(bytes)
        }
    }

    /// The first byte says where the rest is cut in two, since most readers get their bytes in pieces.
    static func pieces(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        guard let first = bytes.first else { return [] }
        let rest = bytes.dropFirst()
        let cut = rest.startIndex + Int(first) * rest.count / 255
        return [rest[..<cut], rest[cut...]]
    }
}
