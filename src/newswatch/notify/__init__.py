"""From alert to a person: which deliveries an alert needs, what they say, and how they get there."""
