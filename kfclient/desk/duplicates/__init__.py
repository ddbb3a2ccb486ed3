"""The same bill twice: noticed here, in KashFlow and under a twin of the supplier."""
