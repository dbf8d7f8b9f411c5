"""What an operation writes down and reads back: operations, their events and plans, the statuses that follow."""
