import { keyTable, withoutKeys, type KeyTable } from './key-table.ts';

/** Settings of RocketMQ 5.5.0, read from the setters of BrokerConfig, NettyServerConfig, NettyClientConfig, MessageStoreConfig and AuthConfig. */
export const brokerKeys = keyTable({
  integer: `
    accessMessageInMemoryHotRatio=26 accessMessageInMemoryMaxRatio=40 ackMessageThreadPoolNums=16
    ackThreadPoolQueueCapacity=100000 aclCacheExpiredSecond=600 aclCacheMaxNum=1000
    aclCacheRefreshSecond=60 adminBrokerThreadPoolNums=16 adminBrokerThreadPoolQueueCapacity=10000
    batchDispatchRequestThreadPoolNums=16 bitMapLengthConsumeQueueExt=64
    brokerElectionPriority=2147483647 brokerHeartbeatInterval=1000 brokerId=0 brokerPermission=6
    cleanOfflineBrokerInterval=30000 cleanResourceInterval=10000 clientAsyncSemaphoreValue=65535
    clientCallbackExecutorThreads clientChannelMaxIdleTimeSeconds=120 clientManageThreadPoolNums=32
    clientManagerThreadPoolQueueCapacity=1000000 clientOnewaySemaphoreValue=65535
    clientSocketRcvBufSize=0 clientSocketSndBufSize=0 clientWorkerThreads=4
    combineCQMaxExtraSearchCommitLogFiles=3 commercialBaseCount=1 commercialSizePerMsg=4096
    commitCommitLogLeastPages=4 commitCommitLogThoroughInterval=200 commitIntervalCommitLog=200
    commitLogRecoverMaxNum=10 commitLogSwapMapReserveFileNum=100 compactionCqMappedFileSize=10485760
    compactionMappedFileSize=104857600 compactionScheduleInternal=900000 compactionThreadNum=6
    connectTimeoutMillis=3000 consumerManageThreadPoolNums=32
    consumerManagerThreadPoolQueueCapacity=1000000 correctLogicMinOffsetForceInterval=300000
    correctLogicMinOffsetSleepInterval=1 defaultPopShareQueueNum=-1 defaultQueryMaxNum=32
    defaultTopicQueueNums=8 deleteCommitLogFilesInterval=100 deleteConsumeQueueFilesInterval=100
    deleteFileBatchMax=10 destroyMapedFileIntervalForcibly=120000 disappearTimeAfterStart=-1
    diskMaxUsedSpaceRatio=75 diskSpaceCleanForciblyRatio=85 diskSpaceWarningLevelRatio=90
    dispatchCqCacheNum=4096 dispatchCqThreads=10 endTransactionPoolQueueCapacity=100000
    endTransactionThreadPoolNums expectConsumerNumUseFilter=32 fileReservedTime=72
    flushCommitLogLeastPages=4 flushCommitLogThoroughInterval=10000 flushConsumeQueueLeastPages=2
    flushConsumeQueueThoroughInterval=60000 flushConsumerOffsetHistoryInterval=60000
    flushConsumerOffsetInterval=5000 flushIntervalCommitLog=500 flushIntervalConsumeQueue=1000
    flushLeastPagesWhenWarmMapedFile=4096 haHousekeepingInterval=20000 haListenPort=10912
    haMaxGapNotInSync=268435456 haSendHeartbeatInterval=5000 haTransferBatchSize=32768
    heartbeatThreadPoolNums heartbeatThreadPoolQueueCapacity=50000 inSyncReplicas=1 listenPort
    liteLagLatencyTopK=50 litePullMessageThreadPoolNums litePullThreadPoolQueueCapacity=100000
    loadBalanceProcessorThreadPoolNums=32 loadBalanceThreadPoolQueueCapacity=100000
    logicQueueSwapMapReserveFileNum=20 mappedFileSizeCommitLog=1073741824
    mappedFileSizeConsumeQueue=6000000 mappedFileSizeConsumeQueueExt=50331648
    mappedFileSizeTimerLog=104857600 mapperFileSizeBatchConsumeQueue=13800000
    maxAsyncPutMessageRequests=5000 maxBatchDeleteFilesNum=50 maxClientEventCount=100
    maxConsumeQueueScan=20000 maxErrorRateOfBloomFilter=20 maxFilterMessageSize=16000
    maxHashSlotNum=5000000 maxIndexNum=20000000 maxLmqConsumeQueueNum=20000
    maxMessageFilterNumForNotification=64 maxMessageSize=4194304 maxMsgsNumBatch=64
    maxOffsetMapSize=104857600 maxRecoveryCommitlogFiles=30 maxRocksDBIndexQueryDays=7
    maxStatsIdleTimeInMinutes=-1 maxTopicLength=127 maxTransferBytesOnMessageInDisk=65536
    maxTransferBytesOnMessageInMemory=262144 maxTransferCountOnMessageInDisk=8
    maxTransferCountOnMessageInMemory=32 metricsExportBatchMaxDataPoints=1000
    metricsOtelCardinalityLimit=50000 metricsPromExporterPort=5557 minInSyncReplicas=1
    popCkMaxBufferSize=200000 popCkOffsetMaxQueueSize=20000 popCkStayBufferTime=10000
    popCkStayBufferTimeOut=3000 popFromRetryProbability=20 popFromRetryProbabilityForPriority=0
    popPollingMapExpireTimeSeconds=600 popPollingMapSize=100000 popPollingSize=1024
    popReviveConcurrency=32 popReviveMaxAttemptTimes=16 popReviveMaxReturnSizePerRead=16384
    printChannelGroupsMinNum=5 processReplyMessageThreadPoolNums pullBatchMaxMessageCount=160
    pullMessageThreadPoolNums pullThreadPoolQueueCapacity=100000 putMessageFutureThreadPoolNums
    putMessageTimeout=8000 putMsgIndexHightWater=600000 putThreadPoolQueueCapacity=10000
    queryMessageThreadPoolNums queryThreadPoolQueueCapacity=20000 recoverThreadPoolNums=32
    redeleteHangedFileInterval=120000 registerBrokerTimeoutMills=24000
    registerNameServerPeriod=30000 replicasPerDiskPartition=1 replyThreadPoolQueueCapacity=10000
    reviveQueueNum=8 rocksdbFlushWalFrequency=1024 sampleCountThreshold=5000 sampleSteps=32
    scheduleAsyncDeliverMaxPendingLimit=2000 scheduleAsyncDeliverMaxResendNum2Blocked=3
    sendHeartbeatTimeoutMillis=1000 sendMessageThreadPoolNums sendThreadPoolQueueCapacity=10000
    serverAsyncSemaphoreValue=64 serverCallbackExecutorThreads=0 serverChannelMaxIdleTimeSeconds=120
    serverOnewaySemaphoreValue=256 serverSelectorThreads=3 serverSocketBacklog=1024
    serverSocketRcvBufSize=0 serverSocketSndBufSize=0 serverWorkerThreads=8 sharedByteBufferNum=16
    shutdownWaitTimeSeconds=30 slaveTimeout=3000 spinLockCollisionRetreatOptimalDegree=1000
    splitMetadataSize=2000 splitRegistrationSize=800 statefulAuthenticationCacheExpiredSecond=60
    statefulAuthenticationCacheMaxNum=10000 statefulAuthorizationCacheExpiredSecond=60
    statefulAuthorizationCacheMaxNum=10000 syncBrokerMemberGroupPeriod=1000 syncFlushTimeout=5000
    timerColdDataCheckIntervalMs=60000 timerCongestNumEachSlot=2147483647 timerFlushIntervalMs=1000
    timerGetMessageThreadNum=3 timerMaxDelaySec=259200 timerMetricSmallThreshold=1000000
    timerPrecisionMs=1000 timerProgressLogIntervalMs=10000 timerPutMessageThreadNum=3
    timerReputServiceCorePoolSize=6 timerReputServiceMaxPoolSize=6
    timerReputServiceQueueCapacity=10000 timerRocksDBRollIntervalHours=1
    timerRocksDBRollRangeHours=2 timerRollWindowSlot=172800 timerWheelSnapshotIntervalMs=10000
    topicQueueLockNum=32 totalReplicas=1 transactionCheckMax=15 transactionCheckRocksdbCoreThreads=2
    transactionCheckRocksdbMaxThreads=5 transactionCheckRocksdbQueueCapacity=2000
    transactionOpBatchInterval=3000 transactionOpMsgMaxSize=4096 transientStorePoolSize=5
    travelCqFileNumWhenGetMessage=1 updateNameServerAddrPeriod=120000 userCacheExpiredSecond=600
    userCacheMaxNum=1000 userCacheRefreshSecond=60 writeBufferHighWaterMark=0
    writeBufferLowWaterMark=0
  `,
  long: `
    broadcastOffsetExpireMaxSecond=300 broadcastOffsetExpireSecond=120
    brokerNotActiveTimeoutMillis=10000 cgColdReadThreshold=3145728 channelExpiredTimeout=120000
    channelNotActiveInterval=60000 checkSyncStateSetPeriod=5000 cleanRocksDBDirtyCQIntervalMin=60
    cleanSwapedMapInterval=300000 commitLogForceSwapMapInterval=43200000
    commitLogSwapMapInterval=3600000 consumerFallbehindThreshold=17179869184
    consumerOffsetUpdateVersionStep=500 controllerHeartBeatTimeoutMills=10000
    delayOffsetUpdateVersionStep=200 fetchNamesrvAddrInterval=10000 filterDataCleanTimeSpan=86400000
    flushDelayOffsetInterval=10000 forwardTimeout=3000 globalColdReadThreshold=104857600
    haMaxTimeSlaveNotCatchup=15000 liteEventCheckInterval=10000 liteEventFullDispatchDelayTime=10000
    liteEventFullDispatchDelayTimeForWildcardGroup=10000 liteSubscriptionCheckInterval=120000
    liteSubscriptionCheckTimeoutMills=180000 liteTtlCheckInterval=120000
    loadBalancePollNameServerInterval=30000 logicQueueForceSwapMapInterval=43200000
    logicQueueSwapMapInterval=3600000 maxChecksumRange=1073741824
    maxHaTransferByteInSecond=104857600 maxLiteSubscriptionCount=100000 maxPopPollingSize=100000
    maxReconnectIntervalTimeSeconds=60 maxSlaveResendLength=268435456
    memTableFlushIntervalMs=3600000 metricGrpcExporterIntervalInMills=60000
    metricGrpcExporterTimeOutInMills=3000 metricLoggingExporterIntervalInMills=10000
    minLiteTTl=900000 osPageCacheBusyTimeOutMills=1000 popInflightMessageThreshold=10000
    popLongPollingForceNotifyInterval=800 reviveAckWaitMs=180000 reviveInterval=1000 reviveMaxSlow=3
    reviveScanTime=10000 rocksdbWalFileRollingThreshold=1073741824 shortPollingTimeMills=1000
    startAcceptSendRequestTimeStamp=0 statRocksDBCQIntervalSec=10 subscriptionExpiredTimeout=600000
    syncBrokerMetadataPeriod=5000 syncControllerMetadataPeriod=10000 timerRocksDBPrecisionMs=1000
    transactionCheckInterval=30000 transactionMetricFlushInterval=10000 transactionTimeOut=6000
    waitTimeMillsInAckQueue=3000 waitTimeMillsInAdminBrokerQueue=5000
    waitTimeMillsInHeartbeatQueue=31000 waitTimeMillsInLitePullQueue=5000
    waitTimeMillsInPullQueue=5000 waitTimeMillsInSendQueue=200 waitTimeMillsInTransactionQueue=3000
  `,
  decimal: `
    logicalDiskSpaceCleanForciblyThreshold=0.8 timerRocksDBRollMaxTps=8000.0
    timerRocksDBTimeExpiredMaxTps=200000.0
  `,
  boolean: `
    accountStatsEnable=true accountStatsPrintZeroValues=true aclEnable=false allAckInSyncStateSet=false
    allowRecallWhenBrokerNotWriteable=true appendAckAsync=false appendCkAsync=false
    appendTopicForTimerDeleteKey=false asyncLearner=false asyncSendEnable=true
    authenticationEnabled=false authorizationEnabled=false autoCreateSubscriptionGroup=true
    autoCreateTopicEnable=true autoDeleteUnusedStats=true autoMessageVersionOnTopicLen=true
    brokerFastFailureEnable=true brokerTopicEnable=true checkCRCOnRecover=true
    checkCommitLogOffsetOnRecover=false cleanFileForciblyEnable=true clearRetryTopicWhenDeleteTopic=true
    clientCloseSocketIfTimeout=true clientPooledByteBufAllocatorEnable=false clusterTopicEnable=true
    coldCtrStrategyEnable=false coldDataFlowControlEnable=false coldDataScanEnable=false
    combineCQEnableCheckSelf=false combineCQUseRocksdbForLmq=false compatibleWithOldNameSrv=true
    compressedRegister=false dataReadAheadEnable=true debugLockEnable=false
    disableCallbackExecutor=false disableConsumeIfConsumerReadSlowly=false disableNettyWorkerGroup=false
    diskFallRecorded=true dispatchFromSenderThread=false duplicationEnable=false
    enableAcceleratedRecovery=false enableAsyncReput=true enableAutoInSyncReplicas=false
    enableBatchPush=false enableBroadcastOffsetStore=true enableBuildConsumeQueueConcurrently=false
    enableCalcFilterBitMap=false enableCleanExpiredOffset=false enableCompaction=true
    enableConnectionMetrics=true enableConsumeQueueExt=false enableControllerMode=false
    enableCreateSysGroup=true enableDLegerCommitLog=false enableDetailStat=true
    enableFastChannelEventProcess=false enableLagAndDlqMetrics=true enableLiteEventMode=true
    enableLitePopLog=false enableLmq=false enableLmqQuota=false enableLmqStats=false
    enableLogConsumeQueueRepeatedlyBuildWhenRecover=false enableMessageStoreMetrics=true
    enableMixedMessageType=false enableMultiDispatch=false enableNetWorkFlowControl=false
    enableNotifyAfterPopOrderLockRelease=true enableNotifyBeforePopCalculateLag=true
    enablePopBatchAck=false enablePopBufferMerge=false enablePopLog=false
    enablePopMessageThreshold=false enablePopMetrics=true enablePropertyFilter=false
    enableReconnectForGoAway=true enableRegisterProducer=true enableRemoteEscape=false
    enableRemotingMetrics=true enableRequestMetrics=true enableRetryTopicV2=false enableRocksDBLog=false
    enableRunningFlagsInFlush=false enableScheduleAsyncDeliver=false enableScheduleMessageStats=true
    enableShutdownGracefully=false enableSingleTopicRegister=false enableSkipLongAwaitingAck=false
    enableSlaveActingMaster=false enableSplitMetadata=true enableSplitRegistration=false
    enableStatsMetrics=true enableTransactionMetrics=true enabledAppendPropCRC=false
    estimateAccumulation=true fastFailIfNoBufferInStorePool=false fetchControllerAddrByDnsLookup=false
    fetchNameSrvAddrByDnsLookup=false fetchNamesrvAddrByAddressServer=false filterSupportRetry=false
    flushCommitLogTimed=true forceRegister=true forceVerifyPropCRC=false haFlowControlEnable=false
    highSpeedMode=false inBrokerContainer indexFileReadEnable=true indexFileWriteEnable=true
    indexRocksDBEnable=false initPopOffsetByCheckMsgInMem=true isolateLogEnable=false
    iteratorWhenUseRocksdbConsumeQueue=true liteLagCountMetricsEnable=false
    liteLagLatencyCollectEnable=false liteLagLatencyMetricsEnable=false litePullMessageEnable=true
    lockInStrictMode=false longPollingEnable=true mappedFileSwapEnable=true messageIndexEnable=true
    messageIndexSafe=false metricsInDelta=false migrateAuthFromV1Enabled=false
    notifyConsumerIdsChangedEnable=true offsetCheckInSlave=false
    persistConsumerOffsetIncrementally=false popConsumerFSServiceInit=true
    popConsumerKVServiceEnable=false popConsumerKVServiceInit=false popConsumerKVServiceLog=false
    popResponseReturnActualRetryTopic=false popReviveSkipIfGroupAbsent=true printChannelGroups=false
    priorityOrderAsc=true putConsumeQueueDataByFileChannel=true readUnCommitted=false
    realTimeNotifyConsumerChange=true realTimePersistRocksDBConfig=true recallMessageEnable=false
    recheckReputOffsetFromCq=false recoverConcurrently=false rejectPullConsumerEnable=false
    rejectTransactionMessage=false retrieveMessageFromPopRetryTopicV1=true
    rocksdbCQDoubleWriteEnable=false scanAvailableNameSrv searchBcqByCacheEnable=true
    serverLoadBalancerEnable=true serverNettyWorkerGroupEnable=true
    serverPooledByteBufAllocatorEnable=true skipPreOnline=false skipWhenCKRePutReachMaxTimes=false
    slaveReadEnable=false storeReplyMessageEnable=true syncFromLastFile=false
    syncMasterFlushOffsetWhenStartup=false timerEnableCheckMetrics=true
    timerEnableRetryUntilSuccess=false timerInterceptDelayLevel=false timerRecallToTimeWheelEnable=true
    timerRecallToTimelineEnable=true timerRocksDBEnable=false timerRocksDBStopScan=false
    timerSkipUnknownError=false timerStopEnqueue=false timerWheelEnable=true
    timerWheelSnapshotFlush=false traceOn=true traceTopicEnable=false transRocksDBEnable=false
    transWriteOriginTransHalfEnable=true transferMsgByHeap=true transientStorePoolEnable=false
    useABSLock=false useEpollNativeSelector=false useMessageFilterForNotification=true
    usePIDColdCtrStrategy=true useReentrantLockWhenPutMessage=true useSeparateRetryQueue=false
    useSeparateStorePathForRocksdbCQ=false useServerSideResetOffset=true
    useSingleRocksDBForAllConfigs=false useStaticSubscription=false useTLS=false
    validateSystemTopicWhenUpdateTopic=true wakeCommitWhenPutMessage=true wakeFlushWhenPutMessage=false
    warmMapedFileEnable=false writeWithoutMmap=false
  `,
  text: `
    authConfigPath
    authenticationMetadataProvider
    authenticationProvider
    authenticationStrategy
    authenticationWhitelist
    authorizationMetadataProvider
    authorizationProvider
    authorizationStrategy
    authorizationWhitelist
    bindAddress=0.0.0.0
    bottomMostCompressionTypeForConsumeQueueStore=zstd
    brokerClusterName=DefaultCluster
    brokerConfigPath
    brokerIP1
    brokerIP2
    brokerName
    brokerRole=ASYNC_MASTER
    clusterName
    combineAssignOffsetCQType=default
    combineCQLoadingCQTypes=default;defaultRocksDB
    combineCQPreferCQType=default
    configBlackList=configBlackList;brokerConfigPath
    configManagerVersion=v1
    configName
    controllerAddr=
    dLegerGroup
    dLegerPeers
    dLegerSelfId
    defaultMessageRequestMode=PULL
    deleteWhen=04
    flushDiskType=ASYNC_FLUSH
    haMasterAddress
    initAuthenticationUser
    innerClientAuthenticationCredentials
    messageDelayLevel=1s 5s 10s 30s 1m 2m 3m 4m 5m 6m 7m 8m 9m 10m 20m 30m 1h 2h
    messageStorePlugIn=
    metricsExporterType=DISABLE
    metricsGrpcExporterHeader=
    metricsGrpcExporterTarget=
    metricsLabel=
    metricsPromExporterHost=
    msgTraceTopicName=RMQ_SYS_TRACE_TOPIC
    namesrvAddr
    preferredLeaderId
    readOnlyCommitLogStorePaths
    regionId=DefaultRegion
    rocketmqHome
    rocksdbCompressionType=lz4
    socksProxyConfig={}
    storePathBrokerIdentity
    storePathCommitLog
    storePathDLedgerCommitLog
    storePathEpochFile
    storePathRootDir
    storeType=default
  `,
});

/** What 5.5.0 has and 5.4.0 has not, by the setters of both. Nothing else differs, defaults included. */
const keysOf540 = withoutKeys(
  brokerKeys,
  `
    checkCommitLogOffsetOnRecover combineCQUseRocksdbForLmq enableLiteEventMode enableLitePopLog
    enableLmqQuota iteratorWhenUseRocksdbConsumeQueue liteEventCheckInterval
    liteEventFullDispatchDelayTime liteEventFullDispatchDelayTimeForWildcardGroup
    liteLagCountMetricsEnable liteLagLatencyCollectEnable liteLagLatencyMetricsEnable liteLagLatencyTopK
    liteSubscriptionCheckInterval liteSubscriptionCheckTimeoutMills liteTtlCheckInterval
    maxClientEventCount maxLiteSubscriptionCount maxMessageFilterNumForNotification
    metricsExportBatchMaxDataPoints minLiteTTl persistConsumerOffsetIncrementally
    popReviveSkipIfGroupAbsent timerReputServiceCorePoolSize timerReputServiceMaxPoolSize
    timerReputServiceQueueCapacity transactionCheckRocksdbCoreThreads transactionCheckRocksdbMaxThreads
    transactionCheckRocksdbQueueCapacity useMessageFilterForNotification useSeparateStorePathForRocksdbCQ
  `,
);

export function brokerKeysOf(version: string): KeyTable {
  return version === '5.4.0' ? keysOf540 : brokerKeys;
}
