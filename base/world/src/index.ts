export { WorldError, type WorldErrorCode } from './error.ts';
export { WORLD_LIMITS } from './limits.ts';
export type {
  Clock,
  FetchOptions,
  Files,
  HttpHandler,
  HttpRequest,
  HttpResponse,
  HttpServer,
  HttpStream,
  Net,
  Random,
  TimerHandle,
  Timers,
  World,
} from './world.ts';
