"""People whom the police met, and rounds of asking them about it afterwards."""
