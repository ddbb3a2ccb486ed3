"""The audit trail: what was done, by whom, with what answer."""
