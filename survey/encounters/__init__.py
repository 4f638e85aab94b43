"""People whom the police met, and waves of asking them about it afterwards."""
