"""Near-duplicate removal, beside those that do it too."""
