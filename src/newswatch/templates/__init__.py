"""Files that `newswatch init` writes."""
