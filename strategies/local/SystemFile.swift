#if canImport(Darwin)
    import System

    /// An open file; NIO has a `FileDescriptor` of its own.
    typealias SystemFile = System.FileDescriptor
#else
    import SystemPackage

    /// An open file; NIO has a `FileDescriptor` of its own.
    typealias SystemFile = SystemPackage.FileDescriptor
#endif
