"""What every floor of the desk speaks of: businesses, items, settings, the names of the lists."""
