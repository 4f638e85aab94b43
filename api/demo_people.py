"""The three invented people of the demonstration: address, name and role."""

PEOPLE = (
    ("amina@example.org", "Amina Yusuf", "organiser"),
    ("cindy@example.org", "Cindy Marsh", "reviewer"),
    ("joan@example.org", "Joan Adeyemi", "administrator"),
)
