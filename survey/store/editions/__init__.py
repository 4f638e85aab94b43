"""SQL for editions, what they were made from, what the group does with them, and who gets
them.
"""
