"""What every request passes through, from the outside in: see `api.app`.

Plain ASGI applications around the next one. What they learn about a request is in `scope["state"]`: `request_id`,
`user` (of the token), `rate` (what is left of it), `error_code`.
"""
