"""The reading age of a page, from the sentences that a browser shows."""

import html
import re

import textstat

# Not sentences: menus, tables, labels of choices, addresses and figures.
LEFT_OUT = ("nav", "table", "select", "svg", "style", "script", "code", "footer", "header", "dl")
BLOCKS = re.compile(
    r"</?(?:p|li|h[1-6]|div|form|label|legend|summary|section|ul|ol|button)\b[^>]*>"
)
YEARS_BEFORE_SCHOOL = 5


def sentences(page):
    """The sentences of the main part of a page, each with a full stop."""
    main = page[page.index('id="content"') :]
    for name in LEFT_OUT:
        main = re.sub(rf"<{name}\b.*?</{name}>", " ", main, flags=re.DOTALL)
    main = re.sub(r'<li class="tile .*?</li>', " ", main, flags=re.DOTALL)
    found = []
    for block in BLOCKS.split(main):
        words = " ".join(html.unescape(re.sub(r"<[^>]+>", "", block)).split())
        if len(words.split()) > 3:
            found.append(words if words[-1] in ".?!:" else f"{words}.")
    return found


def reading_age(page):
    """The Flesch-Kincaid grade plus five years: grade 1 is for children of six."""
    return textstat.flesch_kincaid_grade(" ".join(sentences(page))) + YEARS_BEFORE_SCHOOL
