"""Who is asking and what may reach us: accounts, cookies, keys, limits, tokens against
forgery.
"""
