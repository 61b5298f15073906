import NIOCore

/// One request to a server on loopback, over a connection of its own.
public func fetch(
    _ target: String, port: Int, method: String = "GET", host: String = "localhost", headers: [String] = [],
    body: String = "", within seconds: Int64 = 20
) async throws -> RawResponse {
    let client = try await RawClient.connect(port: port)
    let fields =
        ["Host: \(host)", "Connection: close"] + headers
        + (body.isEmpty ? [] : ["Content-Length: \(body.utf8.count)"])
    try await client.send("\(method) \(target) HTTP/1.1\r\n" + fields.map { "\($0)\r\n" }.joined() + "\r\n" + body)
    let response = try await client.readResponse(to: method, within: .seconds(seconds))
    await client.close()
    return response
}

extension Program {
    /// The port of the URL after this word in the first line.
    public func port(after word: String = "try: curl") async throws -> Int {
        let line = try await line { $0.hasPrefix("bgdemo ") }
        guard let rest = line.split(separator: "\(word) ", maxSplits: 1).last?.drop(while: { $0 != ":" }).dropFirst(3),
            let port = rest.split(separator: ":").dropFirst().first.flatMap({ Int($0.prefix { $0.isNumber }) })
        else { throw Failure(description: "no port after \(word) in: \(line)") }
        return port
    }
}
