import type { AgentSettings, LogSinkSettings } from '../shared/contracts';
import type { Config } from '../shared/config';
import type { JobSettings, LookSettings } from '../shared/domain';

/** The parts of the configuration that decisions and agents are given, by their own names. */
export function lookSettings(config: Config): LookSettings {
  return {
    busyLookMs: config.MUSTER_BUSY_LOOK_MS,
    settledLookMs: config.MUSTER_SETTLED_LOOK_MS,
    capacityWriteIntervalMs: config.MUSTER_CAPACITY_WRITE_INTERVAL_MS,
    retryBaseMs: config.MUSTER_RETRY_BASE_MS,
    retryMaxMs: config.MUSTER_RETRY_MAX_MS,
    joinLimitMs: config.MUSTER_JOIN_LIMIT_MS,
    replaceSilentMs: config.MUSTER_REPLACE_SILENT_MS,
    quotaWaitMs: config.MUSTER_QUOTA_WAIT_MS,
  };
}

export function jobSettings(config: Config): JobSettings {
  return {
    busyLookMs: config.MUSTER_BUSY_LOOK_MS,
    resultScanMs: config.MUSTER_RESULT_SCAN_MS,
    cancelLookMs: config.MUSTER_CANCEL_LOOK_MS,
  };
}

export function agentSettings(config: Config): AgentSettings {
  return {
    leaseRenewalMs: config.MUSTER_LEASE_RENEWAL_MS,
    taskLeaseMs: config.MUSTER_TASK_LEASE_MS,
    taskLeaseRenewalMs: config.MUSTER_TASK_LEASE_RENEWAL_MS,
    outputFlushMs: config.MUSTER_OUTPUT_FLUSH_MS,
    outputFlushBytes: config.MUSTER_OUTPUT_FLUSH_BYTES,
    inlineOutputBytes: config.MUSTER_INLINE_OUTPUT_BYTES,
    announceMs: config.MUSTER_ANNOUNCE_MS,
    hotPollMs: config.MUSTER_HOT_POLL_MS,
    idlePollMs: config.MUSTER_IDLE_POLL_MS,
    looksPerHour: config.MUSTER_LOOKS_PER_HOUR,
    holdMs: config.MUSTER_HOLD_MS,
    completionDelayMs: config.MUSTER_COMPLETION_DELAY_MS,
    cancelLookMs: config.MUSTER_CANCEL_LOOK_MS,
    killGraceMs: config.MUSTER_KILL_GRACE_MS,
    files: {
      maxOutputFiles: config.MUSTER_OUTPUT_FILES,
      maxOutputBytes: config.MUSTER_OUTPUT_FILE_BYTES,
      cacheBytes: config.MUSTER_INPUT_CACHE_BYTES,
    },
    environmentLimitMs: config.MUSTER_ENVIRONMENT_LIMIT_MS,
    evictionTerminateMs: config.MUSTER_EVICTION_TERMINATE_MS,
    gangFormMs: config.MUSTER_GANG_FORM_MS,
    gangLeaseMs: config.MUSTER_GANG_LEASE_MS,
    gangRetryMs: config.MUSTER_GANG_RETRY_MS,
    mpiFlags: config.MUSTER_MPI_FLAGS.split(/\s+/).filter((flag) => flag !== ''),
    retryDelayMs: config.MUSTER_AGENT_RETRY_MS,
    retryDelayMaxMs: config.MUSTER_AGENT_RETRY_MAX_MS,
  };
}

/** Where agents send the lines of tasks, beside their blobs. */
export function logSink({
  MUSTER_LOGS_OTLP_ENDPOINT: endpoint,
  MUSTER_LOGS_OTLP_HEADERS: headers,
}: Config): LogSinkSettings | null {
  return endpoint === undefined ? null : { endpoint, headers };
}
