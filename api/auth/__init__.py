"""Who calls, by a token of the user pool, and what they may do."""
