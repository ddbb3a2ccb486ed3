"""The businesses on this machine: connected, checked, backed up, and how they stand."""
