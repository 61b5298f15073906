"""`make bench`: measures every target for speed and size. `make bench ONLY=accept` measures one subject."""

import importlib
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness  # noqa: E402

ALL = ["accept", "smtp", "inbox", "waiting", "hanging", "footprint", "local", "pubsub", "resque", "eventr", "eventr_cluster",
       "queuebus", "growth", "compare", "agreement", "distance", "tracing", "pages", "stage", "limits"]

for name in os.environ.get("ONLY", "").split() or ALL:
    importlib.import_module(name).main()

print(f"{len(harness.FAILED)} targets missed" + (": " + ", ".join(harness.FAILED) if harness.FAILED else ""))
