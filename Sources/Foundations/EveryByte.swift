extension String {
    /// Whether each byte of its UTF-8 is as wanted. Nearly every string lies in one piece, which is read several times as
    /// fast as the view, byte by byte.
    @inlinable public func everyByte(_ isWanted: (UInt8) -> Bool) -> Bool {
        unsafe utf8.withContiguousStorageIfAvailable { bytes in unsafe bytes.allSatisfy(isWanted) }
            ?? utf8.allSatisfy(isWanted)
    }
}
