"""Near-duplicate removal, compared with other programs that do it."""
