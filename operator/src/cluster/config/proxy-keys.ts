import { keyTable, withoutKeys, type KeyTable } from './key-table.ts';

/** Settings of RocketMQ 5.5.0, read from the setters of ProxyConfig. */
export const proxyKeys = keyTable({
  integer: `
    aclCacheExpiredSeconds=300 aclCacheMaxNum=20000 aclCacheRefreshSeconds=20
    channelExpiredInSeconds=60 consumerProcessorThreadPoolNums
    consumerProcessorThreadPoolQueueCapacity=10000 contextExpiredInSeconds=30 detectInterval=2000
    detectTimeout=200 grpcBossLoopNum=1 grpcClientConsumerLongPollingBatchSize=32
    grpcClientManagerThreadPoolNums grpcClientManagerThreadQueueCapacity=10000
    grpcClientProducerBackoffMultiplier=2 grpcClientProducerMaxAttempts=3 grpcConsumerThreadPoolNums
    grpcConsumerThreadQueueCapacity=10000 grpcMaxConcurrentCallsPerConnection=2147483647
    grpcMaxInboundMessageSize=136314880 grpcProducerThreadPoolNums
    grpcProducerThreadQueueCapacity=10000 grpcRouteThreadPoolNums grpcRouteThreadQueueCapacity=10000
    grpcServerPort=8081 grpcThreadPoolNums grpcThreadPoolQueueCapacity=100000
    grpcTransactionThreadPoolNums grpcTransactionThreadQueueCapacity=10000 grpcWorkerLoopNum
    heartbeatSyncerThreadPoolNums=4 heartbeatSyncerThreadPoolQueueCapacity=100
    localProxyConnectTimeoutMs=3000 maxLiteRenewNumPerChannel=100 maxLiteTopicSize=64
    maxMessageGroupSize=64 maxMessageSize=4194304 maxRenewRetryTimes=3
    maxSyncLiteSubscriptionRate=5000 maxUserPropertySize=16384 metadataThreadPoolNums=3
    metadataThreadPoolQueueCapacity=100000 metricsPromExporterPort=5557
    producerProcessorThreadPoolNums producerProcessorThreadPoolQueueCapacity=10000
    remotingDefaultThreadPoolNums remotingDefaultThreadPoolQueueCapacity=50000
    remotingHeartbeatThreadPoolNums remotingHeartbeatThreadPoolQueueCapacity=50000
    remotingListenPort=8080 remotingPullMessageThreadPoolNums
    remotingPullThreadPoolQueueCapacity=50000 remotingSendMessageThreadPoolNums
    remotingSendThreadPoolQueueCapacity=10000 remotingTopicRouteThreadPoolNums
    remotingTopicRouteThreadPoolQueueCapacity=50000 remotingUpdateOffsetThreadPoolNums
    remotingUpdateOffsetThreadPoolQueueCapacity=10000 renewMaxThreadPoolNums=4 renewThreadPoolNums=2
    renewThreadPoolQueueCapacity=300 returnHandleGroupThreadPoolNums=2 rocketmqMQClientNum=6
    subscriptionGroupConfigCacheExpiredSeconds=300 subscriptionGroupConfigCacheMaxNum=20000
    subscriptionGroupConfigCacheRefreshSeconds=20 tlsCertWatchIntervalMs=3600000
    topicConfigCacheExpiredSeconds=300 topicConfigCacheMaxNum=20000
    topicConfigCacheRefreshSeconds=20 topicRouteServiceCacheExpiredSeconds=300
    topicRouteServiceCacheMaxNum=20000 topicRouteServiceCacheRefreshSeconds=20
    topicRouteServiceThreadPoolNums topicRouteServiceThreadPoolQueueCapacity=5000
    transactionDataMaxNum=15 transactionHeartbeatBatchNum=100 transactionHeartbeatPeriodSecond=20
    transactionHeartbeatThreadPoolNums=20 transactionHeartbeatThreadPoolQueueCapacity=200
    userCacheExpiredSeconds=300 userCacheMaxNum=20000 userCacheRefreshSeconds=20
    userPropertyMaxNum=128
  `,
  long: `
    channelExpiredTimeout=120000 defaultInvisibleTimeMills=60000
    grpcClientConsumerMaxLongPollingTimeoutMillis=20000
    grpcClientConsumerMinLongPollingTimeoutMillis=5000 grpcClientIdleTimeMills=120000
    grpcClientProducerBackoffInitialMillis=10 grpcClientProducerBackoffMaxMillis=1000
    grpcProxyRelayRequestTimeoutInSeconds=5 grpcShutdownTimeSeconds=30
    invisibleTimeMillisWhenClear=1000 lockTimeoutMsInHandleGroup=3000
    longPollingReserveTimeInMillis=100 maxDelayTimeMills=86400000 maxInvisibleTimeMills=43200000
    maxTransactionRecoverySecond=3600 metricGrpcExporterIntervalInMills=60000
    metricGrpcExporterTimeOutInMills=3000 metricLoggingExporterIntervalInMills=10000
    minInvisibleTimeMillsForRecv=10000 printJstackInMillis=60000 printThreadPoolStatusInMillis=3000
    remotingWaitTimeMillsInDefaultQueue=3000 remotingWaitTimeMillsInHeartbeatQueue=31000
    remotingWaitTimeMillsInPullQueue=5000 remotingWaitTimeMillsInSendQueue=3000
    remotingWaitTimeMillsInTopicRouteQueue=3000 remotingWaitTimeMillsInUpdateOffsetQueue=3000
    renewAheadTimeMillis=10000 renewMaxTimeMillis=10800000 renewSchedulePeriodMillis=5000
    transactionDataExpireMillis=30000 transactionDataExpireScanPeriodMillis=10000
    transactionDataMaxWaitClearMillis=30000
  `,
  boolean: `
    enableAclRpcHookForClusterMode=false enableBatchAck=false enableGrpcEpoll=false
    enableMessageBodyEmptyCheck=true enablePrintJstack=true enableProxyAutoRenew=true
    enableRemotingLocalProxyGrpc=true enableTopicMessageTypeCheck=true metricsInDelta=false
    sendLatencyEnable=false startDetectorEnable=false tlsTestModeEnable=true traceOn=false
    useDelayLevel=false useEndpointPortFromRequest=false
  `,
  text: `
    brokerConfigPath
    heartbeatSyncerTopicClusterName=
    heartbeatSyncerTopicName=DefaultHeartBeatSyncerTopic
    localServeAddr=
    messageDelayLevel=1s 5s 10s 30s 1m 2m 3m 4m 5m 6m 7m 8m 9m 10m 20m 30m 1h 2h
    metricCollectorAddress=
    metricCollectorMode=off
    metricsExporterType=DISABLE
    metricsGrpcExporterHeader=
    metricsGrpcExporterTarget=
    metricsLabel=
    metricsPromExporterHost=
    namesrvAddr
    namesrvDomain=
    namesrvDomainSubgroup=
    proxyClusterName=DefaultCluster
    proxyMode=CLUSTER
    proxyName
    regionId=
    remotingAccessAddr=
    rocketMQClusterName=DefaultCluster
    tlsCertPath
    tlsKeyPassword=
    tlsKeyPath
  `,
});

/** What 5.5.0 has and 5.4.0 has not, by the setters of both. Nothing else differs, defaults included. */
const keysOf540 = withoutKeys(
  proxyKeys,
  `
    grpcMaxConcurrentCallsPerConnection maxLiteRenewNumPerChannel maxLiteTopicSize
    maxSyncLiteSubscriptionRate tlsKeyPassword
  `,
);

export function proxyKeysOf(version: string): KeyTable {
  return version === '5.4.0' ? keysOf540 : proxyKeys;
}
