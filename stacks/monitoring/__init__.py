"""What people hear of and look at: alert topics, alarms across stacks, log groups that are read, a dashboard."""
