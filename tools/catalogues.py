"""Collect the sentences that are translated: `python -m tools.catalogues`.

It rewrites the lists of messages in api/translations, and adds what is new to the translators'
files, with an empty translation. tests/tools/test_catalogues.py says which are still empty. Of the
messages of editions, first_screen.pot lists those that are translated: a person adds to it, and
what older editions say stays in it.
"""

from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "api" / "translations"
KEYWORDS = {
    **dict.fromkeys(("_", "N_", "gettext", "edition_gettext", "Sentence"), None),
    **dict.fromkeys(("ngettext", "_n", "plural_sentence"), (1, 2)),
}
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
OPTIONS = {"templates/**.html": {"extensions": "jinja2.ext.i18n,jinja2.ext.do", "trimmed": "true"}}
SOURCES = {
    "messages": ("api/pages", "api/paper", "api/phones.py", "api/notifications.py"),
    "editions": (
        *("analysis", "survey/deployments.py", "survey/editions", "api/editions"),
        "api/locales.py",
    ),
}


def collect_messages(domain: str) -> Catalog:
    """Every message of a catalogue, as the code has it today."""
    catalogue = Catalog(fuzzy=False)
    for source in SOURCES[domain]:
        place = ROOT / source
        if place.is_dir():
            lines = [line[1:] for line in extract_from_dir(place, METHODS, OPTIONS, KEYWORDS)]
        else:
            lines = list(extract_from_file("python", place, KEYWORDS))
        for _, message, comments, context in lines:
            catalogue.add(message, auto_comments=comments, context=context)
    return catalogue


def read_catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name if path.suffix == ".po" else None)


def write_catalogue(path: Path, catalog: Catalog, heading: str = "") -> None:
    """Write the messages in their order, with the heading that the file had."""
    lines = BytesIO()
    write_po(lines, catalog, width=0, sort_output=True, omit_header=True, no_location=True)
    words = lines.getvalue().decode().lstrip("\n")
    path.write_text(f"{heading}\n\n{words}" if heading else words)


def update_translations(path: Path, messages: Catalog) -> None:
    """Give a translators' file the messages of today; its translations of these messages stay."""
    before, after = read_catalogue(path), Catalog(locale=path.parent.parent.name)
    for message in messages:
        if message.id:
            known = before.get(message.id, message.context)
            after.add(
                message.id,
                known.string if known else None,
                flags=message.flags,
                context=message.context,
            )
    write_catalogue(path, after, heading=path.read_text().split("\n\n", 1)[0])


def update_catalogues() -> None:
    collected = {domain: collect_messages(domain) for domain in SOURCES}
    listed = read_catalogue(FOLDER / "first_screen.pot")
    for domain, messages in {**collected, "first_screen": listed}.items():
        write_catalogue(FOLDER / f"{domain}.pot", messages)
        for path in sorted(FOLDER.glob(f"*/LC_MESSAGES/{domain}.po")):
            update_translations(path, messages)


if __name__ == "__main__":
    update_catalogues()
