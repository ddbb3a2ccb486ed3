"""The engine of Kashdeck: talks to KashFlow, remembers, and does the work, with no user interface."""

__version__ = "0.1.0"
