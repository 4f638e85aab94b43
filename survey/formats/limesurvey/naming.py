"""Names for what LimeSurvey identifies by codes: plain, unique, and reported where changed."""

import re

from survey.formats.instruments import ImportReport

RESERVED = ("meta", "data")  # names that an XForm reserves
LETTER = re.compile(r"[A-Za-z_]")
UNNAMED = re.compile(r"[^A-Za-z0-9_]+")


class LimesurveyNames:
    """Gives every code a plain and unique name, and reports the codes it changed."""

    def __init__(self, report: ImportReport, reserved: tuple[str, ...] = ()) -> None:
        self.report = report
        self.given: set[str] = set(reserved)
        self.counts: dict[str, int] = {}

    def free(self, wanted: str) -> str:
        """The name itself, or with a number added if it is taken."""
        name = wanted
        while name in self.given:
            number = self.counts[wanted] = self.counts.get(wanted, 1) + 1
            name = f"{wanted[: 59 - len(str(number))]}_{number}"
        self.given.add(name)
        return name

    def give(self, code: str, where: str) -> str:
        """A name for a question, which begins with a letter."""
        wanted = plain_code(code)[:60]
        return self.told(code, wanted if LETTER.match(wanted) else f"q_{wanted}"[:60], where)

    def option(self, code: str, where: str) -> str:
        """A name for an option, made from its code."""
        return self.told(code, plain_code(code), where)

    def told(self, code: str, wanted: str, where: str) -> str:
        name = self.free(wanted)
        if name != code:
            self.report.leave(where, f"the code {code}", f"it is called {name} here")
        return name


def plain_code(code: str) -> str:
    return UNNAMED.sub("_", code) or "_"
