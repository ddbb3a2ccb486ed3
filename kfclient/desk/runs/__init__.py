"""What has no answer yet: looked for in KashFlow, adopted, waited for, or decided by a person."""
