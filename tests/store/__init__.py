"""What is remembered, proved with real files, real processes and real ends."""
