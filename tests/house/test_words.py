"""Phrases that may not come back on a page, in an email, on paper or in a refusal.

Pages say what a colleague would say aloud: save, show, report, next to, characters. What is read
here are the sources of every sentence: messages, templates, refusals and surveys.
The code of editions is left out: what it shows is in the catalogue of editions, which is read.
"""

import ast
import json
import re
import tomllib

import pytest

from api.locales import LOCALES
from tests.house.test_documents import DOCUMENTS
from tests.house.trees import ROOT, tree_of

PAGES = ROOT / "api/pages/templates"
# Editions, and what only programmers read: expressions, statements and logs.
LEFT_OUT = ("api/editions/", "survey/formats/expressions/functions.py")
STATEMENT = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE|ALTER|WITH \w+ AS)\b")
CODE = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
TAG = re.compile(r"<[^>]*>")
LOGS = {"debug", "info", "warning", "error", "exception", "critical"}

# The phrase, and what to say instead.
PHRASES = {
    r"[Ww]hich the word allows|The word allows": "“How sure” allows for that",
    r"[Tt]old\b(?! us| you us)": "reported, shown, sent",
    r"[Tt]ells (?!you\b)|[Tt]elling\b": "says, shows, identifies",
    r"[Bb]eside\b": "next to",
    r"\bstands? (there|here|beside|in|under|below|within)\b": "is, appears, means",
    r"\bshould stand\b|\bas (it|they) stands?\b": "was expected, as it is",
    r"\bthat stands?\b": "existing, stored",
    r"(?<![Tt]here )\b(is|are) no (?!longer\b|more\b|one\b)": "is not a",
    r"\bof (which|whom)\b|\bbecomes? of\b": "a sentence of its own",
    r"(\d|\}) %(?![\w(])": "95%, without a space",
    r"\b(\d+|\{\w+\}|more|fewer|many|of) signs\b|, sign \d": "characters",
    r"\bin force\b": "in use",
    # A blank may be large: it is also hidden where next to another report it would say too much.
    r"[Tt]hemes? with (fewer|too few)|[Mm]ost frequent themes|wrote about most": "every reason",
    r"[Tt]oo few \w+ in every borough|[Oo]nly themes with enough": "every reason",
    r"\banew\b|\bnought\b|\bput right\b": "again, zero, corrected",
    r"[Nn]othing (of \w+ )?was kept\b": "nothing was saved",
    r"\b(is|are|was|were|it) kept (apart|as|with|beside|for good)\b": "stored",
    r"\bfor good\b": "cannot be undone",
    r"\bdoes not? go together\b|\bdo not go together\b": "is wrong",
    r"\btaken back\b|\btake it away\b": "withdrawn, download",
    r"\b[Ll]odged?\b(?! a)|\b[Kk]ey(ed)? (a|the) complaint\b": "made, entered",
    r"\b(is|are) (not )?taken (here|for)\b": "accepted",
    r"\b[Gg]o over\b|\b[Ll]ook over\b": "review",
    r"\be-mail": "email",
    r"\bpoints? at (a|one|some)\b": "identifies",
    r"\bsomebody is\b|\bwho somebody\b": "someone",
    r"\bgoes on with\b|\bgo on with\b": "continues",
}
# What may not come back in any document; the others are allowed where their reader writes code.
OLD_WORDS = re.compile(
    r"\b[Bb]eside\b|\bstands? (there|here|in|under|below|within)\b|\banew\b|\bnought\b"
    r"|\bput right\b|\b\d+ signs\b|\b[Ll]odged?\b|\be-mail|\bgo together\b"
)
GENERATED = ("docs/method/measures.md", "docs/method/statistics.md", "docs/method/parity.md")
FORBIDDEN = {re.compile(phrase): instead for phrase, instead in PHRASES.items()}
# What may stay: the words of others, and words that are stored.
ALLOWED = (
    "I have been told enough",  # a question whose series goes on
    "ced of which",  # a heading of the Home Office
    "alert taken back",  # acts, as the audit has stored them
    "case told",
    "{x} anew",  # the key of a job
    "Were you told why",  # words of people in the demo
    "Nobody told me",
    "You should have been told",
    "We have told the station",
)


def messages():
    """Every message of the catalogues, with what is in braces."""
    for pot in sorted(ROOT.glob("api/translations/*.pot")):
        for line in pot.read_text().splitlines():
            if line.startswith(('"', "msgid")):
                yield f"{pot.stem}: message", line.partition('"')[2].rstrip('"')


def templates():
    """The words of every template, and the texts in what it works out."""
    for file in sorted(PAGES.rglob("*.html")):
        text = CODE.sub(in_quotes, file.read_text())
        for number, line in enumerate(TAG.sub(" ", text).splitlines(), 1):
            yield f"{file.relative_to(ROOT)}:{number}", line


def in_quotes(code):
    """The texts of more than one word in a piece of a template that is worked out."""
    if code[0].startswith("{#"):
        return ""
    return " ; ".join(text for text in re.findall(r'"([^"]*)"', code[0]) if " " in text)


def sentences():
    """Every text of more than one word in the code of what people read."""
    for room in ("survey", "api"):
        for file in sorted((ROOT / room).rglob("*.py")):
            name = str(file.relative_to(ROOT))
            if not name.startswith(LEFT_OUT):
                yield from ((f"{name}:{line}", text) for line, text in texts_of(tree_of(file)))


def texts_of(node):
    """The texts below a node; neither docstrings nor statements nor what is logged."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in LOGS:
        return
    if isinstance(node, ast.JoinedStr):
        parts = (one.value if isinstance(one, ast.Constant) else "{x}" for one in node.values)
        yield from plain(node.lineno, "".join(parts))
    elif isinstance(node, ast.Constant):
        yield from plain(node.lineno, node.value)
    else:
        for child in ast.iter_child_nodes(node):
            yield from texts_of(child)


def plain(line, text):
    if isinstance(text, str) and " " in text and not STATEMENT.search(text):
        yield line, text


def surveys():
    """The English words of the surveys and questions that are built in."""
    for file in sorted((ROOT / "survey/surveys/ready").rglob("*")):
        if file.suffix == ".json":
            found = json.loads(file.read_text())
        elif file.suffix == ".toml":
            found = tomllib.loads(file.read_text())
        else:
            continue
        yield from ((file.name, text) for text in english(found))


def documents():
    """The pages for organisers and for people who help residents, without code."""
    folders = ("docs/how-to/organisers/", "docs/how-to/residents/", "docs/tutorials/first-survey")
    return lines_without_code(*(name for name in DOCUMENTS if name.startswith(folders)))


def lines_without_code(*names):
    for name in names:
        text = re.sub(r"```.*?```|`[^`]*`", "", DOCUMENTS[name], flags=re.DOTALL)
        for line in text.splitlines():
            yield name, line


def english(found):
    if isinstance(found, str):
        yield found
    for key, value in found.items() if isinstance(found, dict) else ():
        if key == "en" or key not in {*LOCALES, "name"}:
            yield from english(value)
    for value in found if isinstance(found, list) else ():
        yield from english(value)


@pytest.mark.parametrize("source", [messages, templates, sentences, surveys, documents])
def test_no_sentence_says_what_a_colleague_would_not(source):
    texts = list(source())
    assert len(texts) > 100, "there is little to read: has its folder moved?"
    found = [
        f"{where}: “{match[0]}” (say {instead}) in: {text.strip()[:160]}"
        for where, text in texts
        if not any(allowed in text for allowed in ALLOWED)
        for phrase, instead in FORBIDDEN.items()
        if (match := phrase.search(text))
    ]
    assert found == []


def test_documents_use_the_common_word():
    names = set(DOCUMENTS) - {*GENERATED, "CONTRIBUTING.md"}  # which quotes what not to write
    lines = lines_without_code(*sorted(names))
    assert [f"{name}: {line}" for name, line in lines if OLD_WORDS.search(line)] == []
