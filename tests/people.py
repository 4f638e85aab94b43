"""The same three people in every fixture and in the demonstration."""

AMINA = ("amina@example.org", "Amina Yusuf", "organiser")
CINDY = ("cindy@example.org", "Cindy Marsh", "reviewer")
JOAN = ("joan@example.org", "Joan Adeyemi", "administrator")
PASSWORD = "three plain words"
