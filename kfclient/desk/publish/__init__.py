"""Publishing, each document once: plan, intent, send, outcome, what follows."""
