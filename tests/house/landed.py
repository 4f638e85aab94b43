"""Hashes of the schema files, which may not change. `python -P -m tests.house.landed` adds new."""

import hashlib
import json
from pathlib import Path

from survey.store.database import SCHEMA

HASH_FILE = Path(__file__).with_name("schema_hashes.json")


def landed_hashes() -> dict[str, str]:
    return json.loads(HASH_FILE.read_text()) if HASH_FILE.exists() else {}


def current_hashes() -> dict[str, str]:
    return {
        str(file.relative_to(SCHEMA)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(SCHEMA.rglob("*.sql"))
    }


if __name__ == "__main__":
    known = landed_hashes()
    # A listed file keeps its hash: an edited file fails the test until it is restored.
    HASH_FILE.write_text(json.dumps(current_hashes() | known, indent=1, sort_keys=True) + "\n")
