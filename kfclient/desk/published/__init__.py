"""After publishing: verify, undo, attach files later."""
