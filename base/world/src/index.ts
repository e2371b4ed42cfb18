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
