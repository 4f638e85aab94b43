"""The people of the tests: the same as in the demonstration."""

from demo.door import DEMO_PEOPLE

AMINA, CINDY, JOAN, OMAR, NADIA = DEMO_PEOPLE
PASSWORD = "three plain words"
