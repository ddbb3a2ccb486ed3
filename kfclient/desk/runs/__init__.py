"""Many items at once: runs that publish, followed and steered, and what had no answer."""
