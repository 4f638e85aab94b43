"""One lock for libraries that are loaded late, in a thread.

Two threads that load libraries at once see modules that are half there. Altair looks for pandas
among the loaded modules whenever it makes a chart, and scikit-learn loads pandas: charts failed
with an AttributeError while another thread loaded it. Altair's own objects are not made for two
threads either, so charts are made under the same lock.
"""

import contextlib
import sys
import threading
from contextlib import AbstractContextManager

LOADING = threading.RLock()


def loading(*names: str) -> AbstractContextManager[object]:
    """Stands around imports within a function: the lock, or nothing where all are loaded."""
    return contextlib.nullcontext() if all(map(is_loaded, names)) else LOADING


def is_loaded(name: str) -> bool:
    module = sys.modules.get(name)
    return module is not None and not getattr(module.__spec__, "_initializing", False)
