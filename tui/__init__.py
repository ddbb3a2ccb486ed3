"""What starts: the commands, the app, its keys and themes."""
