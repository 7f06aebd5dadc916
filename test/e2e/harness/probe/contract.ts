/** The contract suite of test/fakes in a pod, where brokers can be reached by the addresses that they register. */
const [nameServers = '', controllers = ''] = process.argv.slice(2);
process.env['GANTRY_TEST_NAME_SERVERS'] = nameServers;
process.env['GANTRY_TEST_CONTROLLERS'] = controllers;
await import('../../../fakes/contract.test.ts');
