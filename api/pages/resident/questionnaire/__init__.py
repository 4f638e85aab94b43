"""The pages of a survey or a complaint: one page of questions after the other, until it is
sent.
"""
