"""How the sentence model is trained; needs torch, so nothing at run time imports it."""
