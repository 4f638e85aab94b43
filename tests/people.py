"""The same three people in every fixture and in the demonstration."""

from api.demonstration import PEOPLE

AMINA, CINDY, JOAN = PEOPLE
PASSWORD = "three plain words"
