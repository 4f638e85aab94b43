"""Sample files of other programs: not ours to keep, so tests of them are skipped without them."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "shared/data/surveyfiles"
SAMPLES = FOLDER / "xlsform/tests"
needs_samples = pytest.mark.skipif(not FOLDER.exists(), reason="the sample files are not here")
