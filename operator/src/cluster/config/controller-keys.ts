import { keyTable } from './key-table.ts';

/**
 * Settings of RocketMQ, read from the setters of ControllerConfig, JraftConfig, NettyServerConfig and NettyClientConfig,
 * whose sources are the same in 5.4.0 and 5.5.0.
 */
export const controllerKeys = keyTable({
  integer: `
    clientAsyncSemaphoreValue=65535 clientCallbackExecutorThreads
    clientChannelMaxIdleTimeSeconds=120 clientOnewaySemaphoreValue=65535 clientSocketRcvBufSize=0
    clientSocketSndBufSize=0 clientWorkerThreads=4 connectTimeoutMillis=3000
    controllerRequestThreadPoolQueueCapacity=50000 controllerThreadPoolNums=16
    electMasterMaxRetryCount=3 jRaftElectionTimeoutMs=1000 jRaftScanWaitTimeoutMs=1000
    jRaftSnapshotIntervalSecs=3600 listenPort mappedFileSize=1073741824 metricsPromExporterPort=5557
    serverAsyncSemaphoreValue=64 serverCallbackExecutorThreads=0 serverChannelMaxIdleTimeSeconds=120
    serverOnewaySemaphoreValue=256 serverSelectorThreads=3 serverSocketBacklog=1024
    serverSocketRcvBufSize=0 serverSocketSndBufSize=0 serverWorkerThreads=8
    shutdownWaitTimeSeconds=30 writeBufferHighWaterMark=0 writeBufferLowWaterMark=0
  `,
  long: `
    channelNotActiveInterval=60000 maxReconnectIntervalTimeSeconds=60
    metricGrpcExporterIntervalInMills=60000 metricGrpcExporterTimeOutInMills=3000
    metricLoggingExporterIntervalInMills=10000 scanInactiveMasterInterval=5000
    scanNotActiveBrokerInterval=5000
  `,
  boolean: `
    clientCloseSocketIfTimeout=true clientPooledByteBufAllocatorEnable=false
    disableCallbackExecutor=false disableNettyWorkerGroup=false enableElectUncleanMaster=false
    enableReconnectForGoAway=true enableShutdownGracefully=false metricsInDelta=false
    notifyBrokerRoleChanged=true processReadEvent scanAvailableNameSrv serverNettyWorkerGroupEnable=true
    serverPooledByteBufAllocatorEnable=true useEpollNativeSelector=false useTLS=false
  `,
  text: `
    bindAddress=0.0.0.0
    configBlackList=configBlackList;configStorePath
    configStorePath
    controllerDLegerGroup
    controllerDLegerPeers
    controllerDLegerSelfId
    controllerStorePath=
    controllerType=DLedger
    jRaftControllerRPCAddr=localhost:9770,localhost:9771,localhost:9772
    jRaftGroupId=jRaft-Controller
    jRaftInitConf=localhost:9880,localhost:9881,localhost:9882
    jRaftServerId=localhost:9880
    metricsExporterType=DISABLE
    metricsGrpcExporterHeader=
    metricsGrpcExporterTarget=
    metricsLabel=
    metricsPromExporterHost=
    rocketmqHome
    socksProxyConfig={}
  `,
});
