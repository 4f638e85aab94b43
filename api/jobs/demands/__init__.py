"""Demands: which texts are about them, and what their stance is."""
