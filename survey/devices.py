"""Devices: the models of Taser, what they fire, and how publishers write their names.

The X26 fires a cartridge; the X2 and the Taser 7 hold two, one fired at a time. Each cartridge has
two probes. The Taser 10 fires up to ten single probes, so that its probes are never compared with
cartridges. It cannot arc; it has a warning alert, a sound and a light.
"""

import re
from typing import Literal

Model = Literal["x26", "x2", "t7", "t10", "other"]
MODELS: tuple[Model, ...] = ("x26", "x2", "t7", "t10", "other")
NAMES: dict[str, Model] = {
    **dict.fromkeys(("x26", "x26e", "x26p", "taser x26", "taser x26e", "taser x26p"), "x26"),
    **dict.fromkeys(("x2", "taser x2"), "x2"),
    **dict.fromkeys(("t7", "taser 7", "taser7", "taser t7"), "t7"),
    **dict.fromkeys(("t10", "taser 10", "taser10", "taser t10"), "t10"),
    "other": "other",
}
NOT_STATED = frozenset({"", "unknown", "not stated", "not reported", "not known"})
SIGNS = re.compile(r"[®™().-]+")


def find_model(text: str) -> str | None:
    """The model with this name, 'unknown' where none is stated; None for a name not known here."""
    plain = " ".join(SIGNS.sub(" ", text.casefold()).split())
    return "unknown" if plain in NOT_STATED else NAMES.get(plain)
