"""Builds the guide, a site of pages, from this folder with Sphinx.

    python -P docs/guide.py FOLDER

writes it into FOLDER, anew; a warning, such as a link that leads nowhere, fails. The product serves
the folder `guide` of its own root at /guide. The pages need no other host, so the folder can be put
on any web server as it is.
"""

import math
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

DOCS = Path(__file__).parent
WORDS_A_MINUTE = 230
FRONT_MATTER = re.compile(r"\A---\n(.*?)^---\n", re.DOTALL | re.MULTILINE)
TITLE = re.compile(r"^# .*\n", re.MULTILINE)
# Readers of the folders whose pages do not name them.
READERS = {"method": "Statisticians", "decisions": "Programmers and anyone who asks why"}
# The parts of the guide in the order in which they are listed, with the pages of each.
PARTS = {
    "Tutorials": ("tutorials/first-survey", "tutorials/*"),
    "How to": ("how-to/*/index",),
    "Reference": ("reference/*",),
    "Explanation": ("explanation/*", "method/README", "design", "decisions/README"),
}


MENDED = {
    'class="caption" role="heading"': 'class="caption" role="heading" aria-level="2"',
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="All pages">',
    '<aside class="toc-drawer">': '<aside class="toc-drawer" aria-label="On this page">',
    '<div class="highlight"><pre>': '<div class="highlight"><pre tabindex="0">',
}
SEARCHED = '<div id="search-results"'


def page_reader(name: str, text: str) -> str:
    """Who the page of this name is for: its own `for`, else that of its folder."""
    head = FRONT_MATTER.match(text)
    own = re.search(r"^for: (.+)$", head[1], re.MULTILINE) if head else None
    return own[1] if own else READERS.get(name.partition("/")[0], "")


def reading_minutes(text: str) -> int:
    """The whole minutes that a page takes to read, at least one."""
    return max(1, math.ceil(len(FRONT_MATTER.sub("", text).split()) / WORDS_A_MINUTE))


def complete_page(name: str, text: str) -> str:
    """The source of a page with what follows from the others: its reader and time below the title,
    and the list of pages of which it is the first.
    """
    if reader := page_reader(name, text):
        line = f"\n{{.reader}}\nFor: {reader} · {reading_minutes(text)} min\n"
        text = TITLE.sub(lambda title: title[0] + line, text, count=1)
    if name == "index":
        return text + "".join(page_list(pages, caption) for caption, pages in PARTS.items())
    if name.endswith(("/index", "/README")):
        return text + page_list(("*",), hidden="](" in text)
    return text


def page_list(pages: tuple[str, ...], caption: str = "", hidden: bool = True) -> str:
    """The directive that lists pages, beside the page and, unless hidden, also below its text."""
    options = [
        ":glob:",
        *(":hidden:" for _ in range(hidden)),
        f":caption: {caption}" * bool(caption),
    ]
    return "\n".join(("\n```{toctree}", *filter(None, options), "", *pages, "```\n"))


def mend_theme(folder: Path) -> None:
    """Complete what the theme leaves out for people who use a keyboard or a screen reader, and for
    the policy of our pages, under which no script makes another.
    """
    for page in folder.rglob("*.html"):
        text = page.read_text()
        for old, new in MENDED.items():
            text = text.replace(old, new)
        if page.name == "search.html":
            text = text.replace(SEARCHED, f"<h1>Search the guide</h1>{SEARCHED}")
        page.write_text(text)
    script = folder / "_static/scripts/furo.js"
    script.write_text(script.read_text().replace('new Function("return this")()', "globalThis"))


def build_guide(folder: Path) -> None:
    """Build the guide and put it in place of the folder; raises if Sphinx warns."""
    with tempfile.TemporaryDirectory(prefix="soundings-guide-") as temporary:
        built, kept = Path(temporary, "guide"), Path(temporary, "kept")
        options = ("-q", "-W", "--keep-going", "-b", "html", "-d", str(kept))
        command = (sys.executable, "-P", "-m", "sphinx", *options, str(DOCS), str(built))
        subprocess.run(command, check=True)  # noqa: S603 - the words are our own
        mend_theme(built)
        for file in (built / ".buildinfo", built / "objects.inv", *built.rglob("*.map")):
            file.unlink()
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(built, folder)


if __name__ == "__main__":
    build_guide(Path(sys.argv[1]))
