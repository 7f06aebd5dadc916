/**
 * One console appender for every logger, so that logs are the container's output. Class names keep logback's own
 * prefix: RocketMQ's loader maps them to its shaded copy. Quiet loggers are those that write a line a heartbeat,
 * a probe or a minute.
 */
const off = ['RocketmqConsole', 'RocketmqNamesrvConsole', 'RocketmqControllerConsole'];
const quiet = [
  'RocketmqWaterMark',
  'RocketmqNamesrvWaterMark',
  'RocketmqProxyWatermark',
  'RocketmqTraffic',
  'RocketmqStats',
  'RocketmqCommercial',
  'RocketmqAccount',
  'RocketmqConsumerStats',
  'RocketmqDLQStats',
  'RocketmqColdCtr',
  'RocketmqRocksDB',
  'RocketmqPop',
  'RocketmqPopLite',
  'RocketmqClient',
  'RocketmqController',
  'RocketmqRemoting',
  'org.apache.rocketmq.client',
  'com.alipay',
];

const level = (name: string, value: string): string => `  <logger name="${name}" level="${value}"/>`;

export const consoleLogback = `<?xml version="1.0" encoding="UTF-8"?>
<configuration>
  <appender name="CONSOLE" class="ch.qos.logback.core.ConsoleAppender">
    <encoder>
      <pattern>%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX,UTC} %-5p [%logger] %t - %m%n</pattern>
      <charset>UTF-8</charset>
    </encoder>
  </appender>
  <appender name="ASYNC" class="ch.qos.logback.classic.AsyncAppender">
    <queueSize>1024</queueSize>
    <discardingThreshold>0</discardingThreshold>
    <neverBlock>true</neverBlock>
    <appender-ref ref="CONSOLE"/>
  </appender>
${off.map((name) => level(name, 'OFF')).join('\n')}
${quiet.map((name) => level(name, 'WARN')).join('\n')}
  <root level="INFO"><appender-ref ref="ASYNC"/></root>
</configuration>
`;
