"""Small tables and the numbers that R finds in them, kept beside the tests that compare."""

from pathlib import Path

FOLDER = Path(__file__).parent
NUMBERS = FOLDER / "reference_numbers.json"
