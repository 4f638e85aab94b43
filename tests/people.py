"""The people of the tests: the same as in the demonstration."""

from demo.people import DEMO_PEOPLE

AMINA, CINDY, JOAN, OMAR, NADIA = DEMO_PEOPLE
PASSWORD = "three plain words"
