extension Address {
    /// Whether another program may read the local part as a route to another host, and send the mail there: `%` and `!`
    /// (`user%other@here`, `other!user@here`), and in quotes `@`, `:` and `,` too (`"user@other"@here`). Mail servers do so where `here` is
    /// their own domain.
    ///
    /// Such an address is valid. Where recipients are restricted to some domains it leads around the restriction.
    public var couldBeRoute: Bool {
        localPart.utf8.contains { byte in
            switch byte {
            case UInt8(ascii: "%"), UInt8(ascii: "!"), UInt8(ascii: "@"), UInt8(ascii: ":"), UInt8(ascii: ","): true
            default: false
            }
        }
    }
}
