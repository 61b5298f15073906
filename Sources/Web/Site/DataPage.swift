import BgdemoFoundations
import BgdemoHTTPServer

/// What a page shows, before it is HTML or JSON: the same values are both.
package struct DataPage {
    let title: String
    let template: String
    let values: TemplateValues

    /// The segments after a section's first, and whether the path ends with `.json`. In a name that ends so the dot is
    /// percent-encoded.
    static func path(_ request: PageRequest) -> (path: [ByteString], asJSON: Bool) {
        var path = request.path
        let target = request.http.target.utf8.prefix { $0 != UInt8(ascii: "?") }
        guard let last = path.last, target.suffix(5).elementsEqual(".json".utf8) else {
            return (Array(path.dropFirst()), false)
        }
        path[path.count - 1] = ByteString(last.dropLast(5))
        return (Array(path.dropFirst()), true)
    }

    /// - Parameter views: The section's navigation; none where it is empty.
    func response(
        _ request: PageRequest, asJSON: Bool, views: [(path: String, label: String, template: String)] = []
    ) -> PageResponse {
        guard !asJSON else {
            return .response(HTTPResponse(.ok, .json, values.json + "\n", headers: WebSite.headers))
        }
        var values = values
        values["mayAct"] = .flag(request.mayAct)
        values["form_token"] = .text(request.formToken)
        values["views"] = .list(
            views.map { ["href": .text($0.path), "label": .text($0.label), "here": .flag($0.template == template)] })
        if case .list(let rows) = values["rows"] { values["rowsExist"] = .flag(!rows.isEmpty) }
        values["subnav"] = .html(views.isEmpty ? .empty : Templates.render("queues-nav", values))
        return .page(title: title, main: Templates.render(template, values))
    }

    // MARK: A page of a list

    /// The rows of a page.
    static let rows = 50

    /// The place in a list that `from` names. Default: 0.
    static func place(_ request: PageRequest) throws(Problem) -> Int {
        guard let text = request.query["from"] else { return 0 }
        guard let place = Int(text), (0...Int(UInt32.max)).contains(place) else {
            throw Problem(.badRequest, "from is not a place in a list", advice: "from=50")
        }
        return place
    }

    /// Links to the pages beside this one; nothing in JSON.
    ///
    /// - Parameter path: Ends with `?` or `&`.
    static func more(_ place: Int, _ shown: Int, _ total: Int, _ path: String) -> TemplateValue {
        let range = "\(PageText.number(place + 1))–\(PageText.number(place + shown)) of \(PageText.number(total))"
        return .html(
            Templates.render(
                "pages",
                [
                    "before": place > 0 ? .text("\(path)from=\(max(0, place - rows))") : .none,
                    "after": place + shown < total ? .text("\(path)from=\(place + shown)") : .none,
                    "range": .text(shown == 0 ? "none of \(PageText.number(total))" : range),
                ]))
    }
}
