"""The codebook: its versions, the draft of the next one, and what a machine proposes for it."""
