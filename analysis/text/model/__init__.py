"""What reads texts: the sentence model (CARD.md), and larger or other readers that are extras."""
