"""Flagging: which rules an article meets, where, and why."""
