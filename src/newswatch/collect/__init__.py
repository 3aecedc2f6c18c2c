"""collect: feed -> entry -> page."""
