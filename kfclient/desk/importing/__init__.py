"""Files of items: Dext's exports and files of sales."""
