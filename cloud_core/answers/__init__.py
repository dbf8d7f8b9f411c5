"""The shapes of what services answer with, as typed models: what `to_data` gives, on the command line and over HTTP.

Each edge says which of its answers they are; values that only one edge has are described there.
"""
