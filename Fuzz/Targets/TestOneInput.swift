import BgdemoSystemCompat

/// The reader that the environment variable `FUZZ_TARGET` names.
private let target: FuzzTarget = {
    let name = unsafe getenv("FUZZ_TARGET").map { unsafe String(cString: $0) } ?? ""
    guard let target = FuzzTarget(rawValue: name) else {
        print("FUZZ_TARGET must be one of \(FuzzTarget.allCases.map(\.rawValue).joined(separator: ", "))")
        exit(64)
    }
    return target
}()

/// What libFuzzer, which has the program's `main`, calls with each input
/// (<https://llvm.org/docs/LibFuzzer.html#fuzz-target>).
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    unsafe target.read(Array(UnsafeBufferPointer(start: data, count: size)))
    return 0
}
