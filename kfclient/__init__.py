"""The engine of Kashdeck: talks to KashFlow, remembers and does the work. No user interface."""

__version__ = "0.1.0"
