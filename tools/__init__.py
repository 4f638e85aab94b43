"""What builds files that the product ships. It imports the product and is never imported by it."""
