public import BgdemoFoundations

extension Email {
    /// The talk's JSON: `{"to":…,"subject":…,"text":…}`.
    public func write(into json: inout JSONWriter) {
        json.raw(#"{"to":"#)
        json.string(to.text)
        json.raw(#","subject":"#)
        json.string(subject)
        json.raw(#","text":"#)
        json.string(text)
        json.raw("}")
    }
}
