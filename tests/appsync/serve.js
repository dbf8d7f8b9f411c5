// Serves graphql/appsync by the AppSync simulator over a DynamoDB. Its one argument is JSON:
// {"graphql": folder, "endpoint": url, "tables": {"deployments": name, ...}}. Prints its address as a line of JSON.
'use strict';
const fs = require('fs');
const path = require('path');
const { AmplifyAppSyncSimulator, addDataLoader } = require('@aws-amplify/amplify-appsync-simulator');
const { DynamoDBDataLoader } = require('@aws-amplify/amplify-appsync-simulator/lib/data-loader/dynamo-db');
const { BatchGetItemCommand, BatchWriteItemCommand } = require('@aws-sdk/client-dynamodb');
const { unmarshall } = require('@aws-sdk/util-dynamodb');

const { graphql, endpoint, tables } = JSON.parse(process.argv[2]);
const folder = path.join(graphql, 'appsync');
const config = JSON.parse(fs.readFileSync(path.join(folder, 'resolvers.json'), 'utf8'));
// The simulator prints what it does; only our line belongs to stdout.
const say = process.stdout.write.bind(process.stdout);
console.log = console.info = console.warn = console.error;

// The simulator has no batches; the calls are made as AppSync describes them.
class WithBatches extends DynamoDBDataLoader {
  async load(payload) {
    if (payload.operation === 'BatchGetItem') return this.getAll(payload.tables);
    if (payload.operation !== 'BatchPutItem') return super.load(payload);
    const requests = Object.entries(payload.tables).map(([name, items]) => [
      name,
      items.map((item) => ({ PutRequest: { Item: item } })),
    ]);
    await this.client.send(new BatchWriteItemCommand({ RequestItems: Object.fromEntries(requests) }));
    const data = Object.entries(payload.tables).map(([name, items]) => [name, items.map((item) => unmarshall(item))]);
    return { data: Object.fromEntries(data), unprocessedItems: {} };
  }

  // What there is none of is null, in the order of the keys.
  async getAll(tables) {
    const data = {};
    for (const [name, { keys, projection }] of Object.entries(tables)) {
      const wanted = { Keys: keys, ProjectionExpression: `PK, SK, ${projection.expression}` };
      const answer = await this.client.send(new BatchGetItemCommand({ RequestItems: { [name]: wanted } }));
      const found = Object.fromEntries(answer.Responses[name].map((item) => [item.PK.S + item.SK.S, unmarshall(item)]));
      data[name] = keys.map((key) => found[key.PK.S + key.SK.S] ?? null);
    }
    return { data, unprocessedKeys: {} };
  }
}
addDataLoader('WITH_BATCHES', WithBatches);

// Environment variables of the API, which the simulator does not have.
const read = (name) =>
  fs
    .readFileSync(path.join(folder, name), 'utf8')
    .replaceAll('$ctx.env.LOGS_TABLE', tables.logs)
    .replaceAll('$ctx.env.DEPLOYMENTS_TABLE', tables.deployments);
const access = { region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };

const simulator = new AmplifyAppSyncSimulator({ port: 0, wsPort: 0 });
simulator.init({
  schema: {
    path: 'schema.graphql',
    content: fs
      .readdirSync(path.join(graphql, 'schema'))
      .sort()
      .map((file) => fs.readFileSync(path.join(graphql, 'schema', file), 'utf8'))
      .join('\n'),
  },
  appSync: {
    name: 'cloud',
    defaultAuthenticationType: {
      authenticationType: 'AMAZON_COGNITO_USER_POOLS',
      cognitoUserPoolConfig: {},
    },
    additionalAuthenticationProviders: [{ authenticationType: 'AWS_IAM' }],
  },
  dataSources: Object.entries(config.dataSources).map(([name, table]) => ({
    name,
    type: 'WITH_BATCHES',
    config: { tableName: tables[table], endpoint },
    options: access,
  })),
  functions: Object.entries(config.functions).map(([name, dataSourceName]) => ({
    name,
    dataSourceName,
    requestMappingTemplate: read(`functions/${name}.request.vtl`),
    responseMappingTemplate: read(`functions/${name}.response.vtl`),
  })),
  resolvers: Object.entries(config.resolvers).flatMap(([typeName, fields]) =>
    Object.entries(fields).map(([fieldName, { functions, answer }]) => ({
      kind: 'PIPELINE',
      typeName,
      fieldName,
      functions,
      requestMappingTemplate: read('before.vtl'),
      responseMappingTemplate: read(`answers/${answer}.vtl`),
    })),
  ),
});
simulator.start().then(() => say(`${JSON.stringify({ url: simulator.url })}\n`));
// It ends with whoever started it.
process.stdin.on('end', () => process.exit(0)).resume();
