export { isSecretName, presentableFields } from './fields.ts';
export {
  type LogEntry,
  type LogFields,
  type Logger,
  type LogLevel,
  loggerTo,
  type MemoryLogger,
  memoryLogger,
  silentLogger,
  textLogger,
} from './logger.ts';
export { type Counter, type Gauge, type Histogram, type Labels, Metrics } from './metrics.ts';
