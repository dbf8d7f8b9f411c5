"""The GraphQL server: the schema files, who may ask what, limits, errors, sockets. Resolvers are in `api.resolvers`."""
