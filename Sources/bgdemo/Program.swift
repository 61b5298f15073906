import BgdemoCommandLine

/// The executable `bgdemo`.
@main
enum Program {
    static func main() async { await Bgdemo.run() }
}
