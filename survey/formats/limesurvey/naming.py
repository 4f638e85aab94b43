"""Names for what LimeSurvey knows by codes: plain, each once, and every change told."""

import re

from survey.formats.instruments import Report

RESERVED = ("meta", "data")  # names that a form for phones keeps for itself
LETTER = re.compile(r"[A-Za-z_]")
UNNAMED = re.compile(r"[^A-Za-z0-9_]+")


class Names:
    """Gives every code a name that is plain and stands once, and tells what it changed."""

    def __init__(self, report: Report, reserved: tuple[str, ...] = ()) -> None:
        self.report = report
        self.given: set[str] = set(reserved)
        self.counts: dict[str, int] = {}

    def free(self, wanted: str) -> str:
        """The name itself, or with a number behind it where it is taken."""
        name = wanted
        while name in self.given:
            number = self.counts[wanted] = self.counts.get(wanted, 1) + 1
            name = f"{wanted[: 59 - len(str(number))]}_{number}"
        self.given.add(name)
        return name

    def give(self, code: str, where: str) -> str:
        """A name for a question, which begins with a letter."""
        wanted = plain(code)[:60]
        return self.told(code, wanted if LETTER.match(wanted) else f"q_{wanted}"[:60], where)

    def option(self, code: str, where: str) -> str:
        """What an answer is called: its code, without what would part it from others in a list."""
        return self.told(code, plain(code), where)

    def told(self, code: str, wanted: str, where: str) -> str:
        name = self.free(wanted)
        if name != code:
            self.report.leave(where, f"the code {code}", f"it is called {name} here")
        return name


def plain(code: str) -> str:
    return UNNAMED.sub("_", code) or "_"
