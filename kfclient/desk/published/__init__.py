"""What is in KashFlow already: verified, undone, given more files."""
