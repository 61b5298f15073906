// The system's own calls, and its files and paths: one import, whatever a platform calls the modules that they are in.

#if canImport(Darwin)
    @_exported public import Darwin
    @_exported public import System
#else
    #if canImport(Musl)
        @_exported public import Musl
    #else
        @_exported public import Glibc
    #endif
    @_exported public import SystemPackage
#endif

/// An open file; NIO has a `FileDescriptor` of its own.
public typealias SystemFile = FileDescriptor
