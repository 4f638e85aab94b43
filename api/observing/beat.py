"""Whether the worker of this machine is at work, for a health check that runs each half minute.

python -P -m api.observing.beat  ends with 1 if no worker has measured the service lately. It reads
the worker's metrics and loads nothing of Soundings, which would take a second of a core each time.
"""

import os
import re
import sys
import time
import urllib.request

MOST_AGE_S = 150.0  # it measures each half minute
PATIENCE_S = 5.0
MEASURED = re.compile(rb"^soundings_measured_timestamp_seconds(?:\{[^}]*\})? (\S+)", re.MULTILINE)


def load_age(port: str, token: str) -> float:
    """Seconds since the worker whose metrics are on this port last measured the service."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/metrics")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310 - the same
        moment = MEASURED.search(answer.read())
    return time.time() - float(moment[1]) if moment else float("inf")


def main() -> int:
    port = os.environ.get("SOUNDINGS_METRICS_PORT", "")
    try:
        age = load_age(port, os.environ.get("SOUNDINGS_METRICS_TOKEN", ""))
    except (OSError, ValueError) as failure:
        sys.stderr.write(f"The worker does not answer on port {port or '(none set)'}: {failure}\n")
        return 1
    if age > MOST_AGE_S:
        sys.stderr.write("The worker has measured nothing for minutes.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
