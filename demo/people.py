"""The made-up people of the demonstration: address, name and role."""

DEMO_PEOPLE = (
    ("amina@example.org", "Amina Yusuf", "organiser"),
    ("cindy@example.org", "Cindy Marsh", "reviewer"),
    ("joan@example.org", "Joan Adeyemi", "administrator"),
    ("omar@example.org", "Omar Haddad", "statistician"),
    ("nadia@example.org", "Nadia Rahman", "scrutineer"),
)
