"""The REST API of another machine, as its client: one way out, and the ports of the records that it can answer for."""
