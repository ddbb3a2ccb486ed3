"""Measurements, each as a ratio of two things done side by side: `python -m tests.benchmarks`."""
