"""The same three people in every fixture and in the demonstration."""

from api.commands.demo import PEOPLE

AMINA, CINDY, JOAN = PEOPLE
PASSWORD = "three plain words"
