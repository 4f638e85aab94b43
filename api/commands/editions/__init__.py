"""`report`, `report rebuild`, `report inputs`: editions, made now or made again."""
