"""What stands around the database: the server that we run, its condition, a replica, a restore, and
what a process remembers.
"""
