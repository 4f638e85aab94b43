"""Small tables and R's results for them; the tests compare ours with these."""

from pathlib import Path

FOLDER = Path(__file__).parent
NUMBERS = FOLDER / "reference_numbers.json"
