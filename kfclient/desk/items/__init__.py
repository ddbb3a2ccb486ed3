"""The inbox: items typed in, checked, gathered into claims, compared for duplicates."""
