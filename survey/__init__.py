"""The product's nouns, such as cases, surveys and editions, and the rules that hold for them."""
