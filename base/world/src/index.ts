export { WorldError, type WorldErrorCode } from './error.ts';
export { WORLD_LIMITS } from './limits.ts';
export type {
  Clock,
  Files,
  HttpHandler,
  HttpRequest,
  HttpResponse,
  HttpServer,
  Net,
  Random,
  TimerHandle,
  Timers,
  World,
} from './world.ts';
