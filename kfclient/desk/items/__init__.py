"""The items of a business, typed in or gathered, on their way to KashFlow."""
