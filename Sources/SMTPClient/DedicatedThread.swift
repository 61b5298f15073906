import BgdemoSystemCompat

/// A thread for work that blocks, which neither an event loop nor a cooperative thread may do.
enum DedicatedThread {
    /// Runs `body` on a new thread; false where the system gives none.
    static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        let box = unsafe Unmanaged.passRetained(Box(body))
        #if canImport(Darwin)
            var thread: pthread_t?
        #else
            var thread = pthread_t()
        #endif
        let result = unsafe pthread_create(&thread, nil, run, box.toOpaque())
        guard result == 0 else {
            unsafe box.release()
            return false
        }
        #if canImport(Darwin)
            if let thread = unsafe thread { unsafe pthread_detach(thread) }
        #else
            pthread_detach(thread)
        #endif
        return true
    }

    private final class Box {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }

    #if canImport(Darwin)
        private static let run: @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? = { pointer in
            unsafe perform(pointer)
            return nil
        }
    #else
        private static let run: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { pointer in
            if let pointer = unsafe pointer { unsafe perform(pointer) }
            return nil
        }
    #endif

    private static func perform(_ pointer: UnsafeMutableRawPointer) {
        // The process's signals are for its other threads, and writing to a closed socket is an error here, not a SIGPIPE.
        var all = sigset_t()
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_BLOCK, &all, nil)
        unsafe Unmanaged<Box>.fromOpaque(pointer).takeRetainedValue().body()
    }
}
