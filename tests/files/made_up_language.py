"""A made-up language: every word that went through the catalogue of editions is in brackets."""

import re
import shutil

from tools.catalogues import FOLDER, collect_messages

PLACEHOLDER = re.compile(r"(\{\w+\})")
HEADER = 'msgid ""\nmsgstr "Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n'


def write_editions_catalogue(folder):
    """Write the catalogue into the folder of a language."""
    entries = [entry(one.id) for one in collect_messages("editions") if one.id]
    file = folder / "LC_MESSAGES" / "first_screen.po"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join([HEADER, *entries]))
    shutil.copy(FOLDER / "editions.pot", folder.parent)


def entry(message):
    one, *many = message if isinstance(message, tuple) else (message,)
    if many:
        forms = "\n".join(f"msgstr[{i}] {quoted(marked(form))}" for i, form in enumerate(message))
        return f"msgid {quoted(one)}\nmsgid_plural {quoted(many[0])}\n{forms}\n"
    return f"msgid {quoted(one)}\nmsgstr {quoted(marked(one))}\n"


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def marked(message):
    """The message with everything but its placeholders in brackets."""
    parts = PLACEHOLDER.split(message)
    return "".join(p if PLACEHOLDER.fullmatch(p) or not p else f"⟦{p}⟧" for p in parts)
