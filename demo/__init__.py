"""The demonstration: a made-up London, its people, what they do, and the page to enter by.

It imports the product and is never imported by it.
"""
