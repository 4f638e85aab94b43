"""Calculations on arrays and texts. Nothing here uses SQL, HTTP, the clock or global state."""

import os

# ONNX Runtime from 1.32 on writes a device id into the home folder and reports to its maker as
# soon as it is imported. It reads this variable at that moment only.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
