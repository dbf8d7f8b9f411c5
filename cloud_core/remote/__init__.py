"""The services of an edge that works through the API of another machine: the same methods, the same results.

What only reads stands on the ports that `adapters.rest` has; what decides or changes something is asked of the API.
`services` puts them together.
"""
