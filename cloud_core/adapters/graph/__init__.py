"""A client of our GraphQL server, by the names of the shipped operations."""
