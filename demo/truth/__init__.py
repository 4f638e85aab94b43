"""How well an edition of the demonstration did: what it says next to what is true there."""
