"""For tests of the API: an issuer of tokens, and a client in the same process."""
