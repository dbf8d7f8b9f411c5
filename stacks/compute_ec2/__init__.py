"""Virtual machines: a web tier and a worker tier behind a public load balancer."""
