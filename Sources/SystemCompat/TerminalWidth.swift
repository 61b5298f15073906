/// How many characters a line of the terminal has.
public enum TerminalWidth {
    /// Of standard output; nil where it is no terminal.
    public static var ofOutput: Int? { width(of: 1) }
    /// Of standard error; nil where it is no terminal.
    public static var ofError: Int? { width(of: 2) }

    private static func width(of descriptor: Int32) -> Int? {
        guard isatty(descriptor) == 1 else { return nil }
        var size = winsize()
        guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 1 else { return 80 }
        return Int(size.ws_col)
    }
}
