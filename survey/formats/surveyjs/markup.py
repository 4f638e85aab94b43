"""Turns HTML into plain text."""

from html.parser import HTMLParser

BREAKING = frozenset(
    {"p", "br", "div", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "table"}
)
HIDDEN = frozenset({"script", "style"})
LOST = {
    "img": "a picture", "video": "a video", "audio": "a sound", "iframe": "another site's page",
    "a": "a link", "script": "a script", "table": "a table",
}  # fmt: skip


class MarkupText(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self.lost: dict[str, None] = {}
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        target = dict(attrs).get("href" if tag == "a" else "src") or ""
        if tag in LOST:
            self.lost[f"{LOST[tag]} {target}".strip()] = None
        self.hidden += tag in HIDDEN
        if tag in BREAKING:
            self.said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.hidden = max(self.hidden - (tag in HIDDEN), 0)
        if tag in BREAKING:
            self.said.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.said.append(data)


def plain_text(markup: str) -> tuple[str, tuple[str, ...]]:
    """The text, one line per paragraph, and what had to be left out, such as pictures."""
    reader = MarkupText()
    reader.feed(markup)
    reader.close()
    lines = [" ".join(line.split()) for line in "".join(reader.said).split("\n")]
    return "\n".join(line for line in lines if line), tuple(reader.lost)
