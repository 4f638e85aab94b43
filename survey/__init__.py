"""What is known: the nouns of the product and the rules they keep."""
