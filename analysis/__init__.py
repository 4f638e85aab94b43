"""What it means: arrays and texts in, nouns out; no SQL, no HTTP, no clock, no global state."""

import os

# ONNX Runtime from 1.32 on writes an id of the device into the home folder as soon as it is
# imported, and reports to its maker. It asks for this variable, and for nothing later.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
