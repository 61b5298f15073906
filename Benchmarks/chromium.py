"""A Chromium without a window, worked through WebDriver (<https://www.w3.org/TR/webdriver2/>)."""

import base64
import json
import subprocess
import urllib.request

from harness import await_port, free_port, tool


class Chromium:
    """`with Chromium() as browser:`; the window shows `width` × `height` points, each of `scale` pixels."""

    def __init__(self, width=1280, height=720, scale=1):
        self.port = free_port()
        self.driver = subprocess.Popen([tool("chromedriver"), f"--port={self.port}"], stdout=subprocess.DEVNULL)
        await_port(self.port, self.driver)
        flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"]
        self.session = ""
        capabilities = {"alwaysMatch": {"goog:chromeOptions": {"args": flags}}}
        self.session = "/session/" + self._send("/session", {"capabilities": capabilities})["sessionId"]
        metrics = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False}
        self._send("/goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride", "params": metrics})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self._send("", None, "DELETE")
        finally:
            self.driver.terminate()
            self.driver.wait(30)

    def open(self, url):
        self._send("/url", {"url": url})

    def run(self, script):
        """What the script returns."""
        return self._send("/execute/sync", {"script": script, "args": []})

    def picture(self):
        """The window as PNG."""
        return base64.b64decode(self._send("/screenshot", None, "GET"))

    def _send(self, path, body, method="POST"):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{self.session}{path}", data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)["value"]
