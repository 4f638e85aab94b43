"""The variables of the styles, from api/look.toml: `look.py api/look.toml _look.scss`."""

import sys
import tomllib
from pathlib import Path


def lines(look: dict, before: str = "") -> list[str]:
    """A line for each value: `$brand: …;`, and in other tables `$sign-above: "▲";`."""
    found = []
    for name, value in look.items():
        if isinstance(value, dict):
            found += lines(value, "" if name == "colour" else f"{name}-")
        elif isinstance(value, list):
            found.append(f"${before}{name}: {', '.join(map(scss, value))};")
        else:
            found.append(f"${before}{name}: {scss(value)};")
    return found


def scss(value: str | float) -> str:
    text = str(value)
    return text if text[0] in "#0123456789" else f'"{text}"'


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    target.write_text("\n".join(lines(tomllib.loads(source.read_text()))) + "\n")
