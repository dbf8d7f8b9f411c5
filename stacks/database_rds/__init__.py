"""One PostgreSQL or MySQL instance in the isolated subnets, with a read replica, alarms and connection facts."""
