import { keyTable } from './key-table.ts';

/**
 * Settings of RocketMQ, read from the setters of NamesrvConfig, NettyServerConfig and NettyClientConfig, whose sources are
 * the same in 5.4.0 and 5.5.0.
 */
export const nameServerKeys = keyTable({
  integer: `
    clientAsyncSemaphoreValue=65535 clientCallbackExecutorThreads
    clientChannelMaxIdleTimeSeconds=120 clientOnewaySemaphoreValue=65535
    clientRequestThreadPoolNums=8 clientRequestThreadPoolQueueCapacity=50000
    clientSocketRcvBufSize=0 clientSocketSndBufSize=0 clientWorkerThreads=4
    connectTimeoutMillis=3000 defaultThreadPoolNums=16 defaultThreadPoolQueueCapacity=10000
    listenPort serverAsyncSemaphoreValue=64 serverCallbackExecutorThreads=0
    serverChannelMaxIdleTimeSeconds=120 serverOnewaySemaphoreValue=256 serverSelectorThreads=3
    serverSocketBacklog=1024 serverSocketRcvBufSize=0 serverSocketSndBufSize=0 serverWorkerThreads=8
    shutdownWaitTimeSeconds=30 unRegisterBrokerQueueCapacity=3000 waitSecondsForService=45
    writeBufferHighWaterMark=0 writeBufferLowWaterMark=0
  `,
  long: `
    channelNotActiveInterval=60000 maxReconnectIntervalTimeSeconds=60
    scanNotActiveBrokerInterval=5000
  `,
  boolean: `
    clientCloseSocketIfTimeout=true clientPooledByteBufAllocatorEnable=false clusterTest=false
    deleteTopicWithBrokerRegistration=false disableCallbackExecutor=false disableNettyWorkerGroup=false
    enableAllTopicList=true enableControllerInNamesrv=false enableReconnectForGoAway=true
    enableShutdownGracefully=false enableTopicList=true needWaitForService=false
    notifyMinBrokerIdChanged=false orderMessageEnable=false returnOrderTopicConfigToBroker=true
    scanAvailableNameSrv serverNettyWorkerGroupEnable=true serverPooledByteBufAllocatorEnable=true
    supportActingMaster=false useEpollNativeSelector=false useTLS=false
  `,
  text: `
    bindAddress=0.0.0.0
    configBlackList=configBlackList;configStorePath;kvConfigPath
    configStorePath
    kvConfigPath
    productEnvName=center
    rocketmqHome
    socksProxyConfig={}
  `,
});
