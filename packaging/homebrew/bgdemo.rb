# A formula of Homebrew (https://docs.brew.sh/Formula-Cookbook): put it into a tap, with the URL and the checksum of a release's
# archive, or try it as it is from a clone: brew install --HEAD --formula packaging/homebrew/bgdemo.rb
class Bgdemo < Formula
  desc "Sends e-mail from an HTTP request in seven ways, to compare them"
  homepage "https://example.org/bgdemo"
  license "MIT"
  head "https://example.org/bgdemo.git", branch: "main"

  depends_on xcode: ["16.3", :build] if OS.mac?
  depends_on "curl"
  depends_on "hiredis"
  depends_on "redis" => :recommended
  uses_from_macos "swift" => :build

  def install
    system "make", "dist"
    system "make", "install", "PREFIX=#{prefix}"
    # The units are systemd's.
    rm_r lib/"systemd" if OS.mac?
  end

  service do
    run [opt_bin/"bgdemo", "serve"]
    keep_alive true
    log_path var/"log/bgdemo.log"
    error_log_path var/"log/bgdemo.log"
  end

  test do
    port = free_port
    pid = spawn bin/"bgdemo", "serve", "--strategy", "fire-and-forget", "--port", port.to_s, "--smtp-url", "discard:"
    answer = shell_output("curl --silent --retry 20 --retry-connrefused --retry-delay 1 " \
                          "http://127.0.0.1:#{port}/you@example.org/hello/it-works")
    assert_match "you@example.org", answer
  ensure
    Process.kill "TERM", pid
    Process.wait pid
  end
end
