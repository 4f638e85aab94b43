"""What a report says: estimates, rates, changes, alerts, actions, and the edition that holds
them.
"""
