"""newswatch: watches news feeds and tells people once, with the reason."""
