// What the simulator takes from Amplify's command line for OpenSearch, which is not used here. The real packages bring
// 280 MB with them.
'use strict';
module.exports = { printer: console };
