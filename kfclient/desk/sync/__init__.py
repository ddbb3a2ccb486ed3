"""Keeping the six lists in step with KashFlow."""
