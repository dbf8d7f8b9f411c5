"""What must be right before anything runs: manifest, dependencies, accounts, rights."""
