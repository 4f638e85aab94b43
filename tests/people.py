"""The same three people in every fixture and in the demonstration."""

from api.demo_people import PEOPLE

AMINA, CINDY, JOAN = PEOPLE
PASSWORD = "three plain words"
