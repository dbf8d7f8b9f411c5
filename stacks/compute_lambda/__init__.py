"""Functions, a task queue with dead letters, schedules, and what calls functions when asked for."""
