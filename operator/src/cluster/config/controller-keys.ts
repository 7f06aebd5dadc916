import { keyTable } from './key-table.ts';

/** Settings of RocketMQ 5.5.0, read from the setters of ControllerConfig, JraftConfig, NettyServerConfig and NettyClientConfig. */
export const controllerKeys = keyTable({
  integer: `
    channelNotActiveInterval clientAsyncSemaphoreValue clientCallbackExecutorThreads
    clientChannelMaxIdleTimeSeconds clientOnewaySemaphoreValue clientSocketRcvBufSize
    clientSocketSndBufSize clientWorkerThreads connectTimeoutMillis
    controllerRequestThreadPoolQueueCapacity controllerThreadPoolNums electMasterMaxRetryCount
    jRaftElectionTimeoutMs jRaftScanWaitTimeoutMs jRaftSnapshotIntervalSecs listenPort mappedFileSize
    maxReconnectIntervalTimeSeconds metricGrpcExporterIntervalInMills metricGrpcExporterTimeOutInMills
    metricLoggingExporterIntervalInMills metricsPromExporterPort scanInactiveMasterInterval
    scanNotActiveBrokerInterval serverAsyncSemaphoreValue serverCallbackExecutorThreads
    serverChannelMaxIdleTimeSeconds serverOnewaySemaphoreValue serverSelectorThreads serverSocketBacklog
    serverSocketRcvBufSize serverSocketSndBufSize serverWorkerThreads shutdownWaitTimeSeconds
    writeBufferHighWaterMark writeBufferLowWaterMark
  `,
  boolean: `
    clientCloseSocketIfTimeout clientPooledByteBufAllocatorEnable disableCallbackExecutor
    disableNettyWorkerGroup enableElectUncleanMaster enableReconnectForGoAway enableShutdownGracefully
    metricsInDelta notifyBrokerRoleChanged processReadEvent scanAvailableNameSrv
    serverNettyWorkerGroupEnable serverPooledByteBufAllocatorEnable useEpollNativeSelector useTLS
  `,
  text: `
    bindAddress configBlackList configStorePath controllerDLegerGroup controllerDLegerPeers
    controllerDLegerSelfId controllerStorePath controllerType jRaftControllerRPCAddr jRaftGroupId
    jRaftInitConf jRaftServerId metricsExporterType metricsGrpcExporterHeader metricsGrpcExporterTarget
    metricsLabel metricsPromExporterHost rocketmqHome socksProxyConfig
  `,
});
