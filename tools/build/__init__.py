"""What builds the book."""
