"""The commands that README and the documents tell a reader to type, word for word."""

import re

from tests.house.test_documents import DOCUMENTS, FENCE, SPAN

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PROGRAMS = r"\./soundings \S|curl |docker |git |jq |openssl |pg_\w+ |psql |python |sed |uv "
COMMAND = re.compile(rf"(?:export |(?:[A-Z]+=\S* )*(?:\.venv/bin/)?(?:{PROGRAMS}|dask )|[A-Z]+=)")
PAGES = re.compile(r"(README|CONTRIBUTING)\.md|docs/(?!decisions/)[\w/-]+\.md")


def documented_commands():
    """Each command with the document that first has it, in the order of reading."""
    found = {}
    for name, text in DOCUMENTS.items():
        if PAGES.fullmatch(name):
            for command in commands_of(text):
                found.setdefault(command, name)
    return found


def commands_of(text):
    blocks = [block for language, block in BLOCK.findall(text) if language in ("", "sh")]
    typed = [*(line for block in blocks for line in whole_commands(block)), *spans(text)]
    plain = [one.partition("  #")[0].strip() for one in typed]
    return [one for one in plain if COMMAND.match(one)]


def spans(text):
    return [one for one in SPAN.findall(FENCE.sub("", text)) if not one.startswith(("SITE", "KEY"))]


def whole_commands(block):
    """Joins the lines of a command whose quotation marks are still open, as a shell does."""
    so_far = ""
    for line in block.replace("\\\n", "").splitlines():
        so_far = f"{so_far}\n{line}" if so_far else line
        if so_far.count("'") % 2 == 0 and so_far.count('"') % 2 == 0:
            yield so_far
            so_far = ""
