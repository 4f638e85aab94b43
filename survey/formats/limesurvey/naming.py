"""Names for what LimeSurvey knows by codes: plain, each once, and every change told."""

import re

from survey.formats.instruments import Report
from survey.instruments import NAME

RESERVED = ("meta", "data")  # names that a form for phones keeps for itself
UNNAMED = re.compile(r"[^A-Za-z0-9_]+")


class Names:
    """Gives every code a name that is plain and stands once, and tells what it changed."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.given: set[str] = set(RESERVED)

    def give(self, code: str, where: str) -> str:
        wanted = UNNAMED.sub("_", code)[:60] or "_"
        if not NAME.fullmatch(wanted):
            wanted = f"q_{wanted}"[:60]
        name, number = wanted, 2
        while name in self.given:
            name = f"{wanted[: 59 - len(str(number))]}_{number}"
            number += 1
        self.given.add(name)
        if name != code:
            self.report.leave(where, f"the name {code}", f"it is called {name} here")
        return name


def free_option(code: str, taken: set[str], where: str, report: Report) -> str:
    option = UNNAMED.sub("_", code)
    while option in taken:
        option += "_"
    if option != code:
        report.leave(where, f"the code {code}", f"it is called {option} here")
    return option
