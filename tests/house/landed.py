"""The schema files that have landed, by hash. `python -P -m tests.house.landed` adds new ones."""

import hashlib
import json
from pathlib import Path

from survey.store.database import SCHEMA

LIST = Path(__file__).with_name("schema_hashes.json")


def landed() -> dict[str, str]:
    return json.loads(LIST.read_text()) if LIST.exists() else {}


def standing() -> dict[str, str]:
    return {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(SCHEMA.glob("*.sql"))
    }


if __name__ == "__main__":
    known = landed()
    # What is listed keeps its hash: an edited file goes on failing until it is put back.
    LIST.write_text(json.dumps(standing() | known, indent=1, sort_keys=True) + "\n")
