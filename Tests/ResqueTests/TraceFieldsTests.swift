import BgdemoTraceContext
import Testing

@Suite struct TraceFieldsTests {
    @Test(
        "A field is found wherever a job has it, also by a name with escapes, and nowhere else",
        arguments: [
            (#"{"class":"a","args":[],"traceparent":"00-1"}"#, "00-1"),
            (#" { "traceparent" : "00-1" , "class":"a"} "#, "00-1"),
            (#"{"trace\u0070arent":"00-1"}"#, "00-1"),
            (#"{"traceparent":"a","traceparent":"00-1"}"#, "00-1"),
            (#"{"args":[{"traceparent":"00-1"}]}"#, nil),
            (#"{"args":["traceparent"]}"#, nil),
            (#"{"traceparent":1}"#, nil),
            (#"["traceparent","00-1"]"#, nil),
            ("", nil),
        ])
    func finds(json: String, value: String?) {
        let fields = TraceFields(of: Array(json.utf8))
        #expect(fields["traceparent"] == value)
        #expect(fields.fields.contains { $0.name == "traceparent" } == (value != nil))
        var changed = fields
        changed.set("traceparent", "00-2")
        #expect(changed["traceparent"] == "00-2")
        #expect(fields["traceparent"] == value)
    }
}
