"""Sample files of other programs, not in this repository; without them their tests are skipped."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[3] / "shared/data/surveyfiles"
SAMPLES = FOLDER / "xlsform/tests"


def needs_samples(test):
    """Mark a test as slow (few machines have the samples) and skip it where they are missing."""
    here = FOLDER.exists()
    return pytest.mark.slow(
        pytest.mark.skipif(not here, reason="the sample files are not here")(test)
    )
