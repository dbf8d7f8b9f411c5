"""One run of an operation: its lease, its engine processes, its progress and its cancelling."""
