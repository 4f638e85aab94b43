"""One lock for libraries that are imported late, in a thread.

Two threads that import libraries at once see half-initialised modules. Altair looks for pandas
among the loaded modules whenever it makes a chart, and scikit-learn loads pandas: charts failed
with an AttributeError while another thread was loading it. Altair's own objects are not
thread-safe either, so charts are made under the same lock.
"""

import contextlib
import sys
import threading
from contextlib import AbstractContextManager

IMPORT_LOCK = threading.RLock()


def import_lock(*names: str) -> AbstractContextManager[object]:
    """The context for imports inside a function: the lock, or nothing if all modules are loaded."""
    return contextlib.nullcontext() if all(map(is_loaded, names)) else IMPORT_LOCK


def load_statistics() -> None:
    """Load what computations use of scipy, which is loaded by its first use in whatever thread."""
    with import_lock("scipy.optimize", "scipy.sparse", "scipy.stats"):
        import scipy.optimize
        import scipy.sparse
        import scipy.stats  # noqa: F401


def is_loaded(name: str) -> bool:
    module = sys.modules.get(name)
    # A module is in sys.modules before it is complete.
    return module is not None and not getattr(module.__spec__, "_initializing", False)
