"""Internal services on Fargate: no public entry, found by each other in private DNS."""
