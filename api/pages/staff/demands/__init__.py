"""Demands: what is asked, who is for or against it, and the texts that people label."""
