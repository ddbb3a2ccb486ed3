"""One item on its way to KashFlow, once: planned, written down, sent, recovered."""
