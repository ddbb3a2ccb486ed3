"""The businesses on this machine: people, settings, connection, and how they stand."""
