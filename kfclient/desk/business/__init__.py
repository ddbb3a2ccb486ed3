"""Connecting to KashFlow: the steps, the checks, the open lines."""
