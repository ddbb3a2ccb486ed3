"""What can be known to be wrong before anything is sent, and what mends it."""
