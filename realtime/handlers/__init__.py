"""One handler for each route of the gateway, and one for its authorizer.

Each takes an event of API Gateway and a desk, and gives an answer of API Gateway. The local gateway calls them with
events that it makes from real sockets; `realtime.functions` makes AWS Lambda's functions of them.
"""
