"""Sample files of other programs: not ours to keep, so tests of them are skipped without them."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "shared/data/surveyfiles"
SAMPLES = FOLDER / "xlsform/tests"


def needs_samples(test):
    """In the slow part, since the samples are on few machines; where they are not it is skipped."""
    here = FOLDER.exists()
    return pytest.mark.slow(
        pytest.mark.skipif(not here, reason="the sample files are not here")(test)
    )
