"""The expressions of instruments, evaluated once, on the server, for every door."""

from survey.formats.expressions.logic import BROKEN, check, defaults_of, logic_of, needs_logic

__all__ = ["BROKEN", "check", "defaults_of", "logic_of", "needs_logic"]
