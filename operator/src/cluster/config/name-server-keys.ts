import { keyTable } from './key-table.ts';

/** Settings of RocketMQ 5.5.0, read from the setters of NamesrvConfig, NettyServerConfig and NettyClientConfig. */
export const nameServerKeys = keyTable({
  integer: `
    channelNotActiveInterval clientAsyncSemaphoreValue clientCallbackExecutorThreads
    clientChannelMaxIdleTimeSeconds clientOnewaySemaphoreValue clientRequestThreadPoolNums
    clientRequestThreadPoolQueueCapacity clientSocketRcvBufSize clientSocketSndBufSize clientWorkerThreads
    connectTimeoutMillis defaultThreadPoolNums defaultThreadPoolQueueCapacity listenPort
    maxReconnectIntervalTimeSeconds scanNotActiveBrokerInterval serverAsyncSemaphoreValue
    serverCallbackExecutorThreads serverChannelMaxIdleTimeSeconds serverOnewaySemaphoreValue
    serverSelectorThreads serverSocketBacklog serverSocketRcvBufSize serverSocketSndBufSize
    serverWorkerThreads shutdownWaitTimeSeconds unRegisterBrokerQueueCapacity waitSecondsForService
    writeBufferHighWaterMark writeBufferLowWaterMark
  `,
  boolean: `
    clientCloseSocketIfTimeout clientPooledByteBufAllocatorEnable clusterTest
    deleteTopicWithBrokerRegistration disableCallbackExecutor disableNettyWorkerGroup enableAllTopicList
    enableControllerInNamesrv enableReconnectForGoAway enableShutdownGracefully enableTopicList
    needWaitForService notifyMinBrokerIdChanged orderMessageEnable returnOrderTopicConfigToBroker
    scanAvailableNameSrv serverNettyWorkerGroupEnable serverPooledByteBufAllocatorEnable
    supportActingMaster useEpollNativeSelector useTLS
  `,
  text: `
    bindAddress configBlackList configStorePath kvConfigPath productEnvName rocketmqHome socksProxyConfig
  `,
});
