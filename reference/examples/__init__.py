"""Applications to read and to try."""
