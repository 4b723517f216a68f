"""A recipe's tracks, drawn."""
