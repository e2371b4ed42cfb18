/** Lines with the time since the start in front: what happens, as it happens, on any output. */
import { cyan, dim, red, yellow } from '../terminal.ts';

const TOPIC_WIDTH = 9;

export class Progress {
  readonly #startMs = performance.now();
  readonly #write: (line: string) => void;

  constructor(write: (line: string) => void = (line) => console.log(line)) {
    this.#write = write;
  }

  elapsedSecs(): number {
    return (performance.now() - this.#startMs) / 1_000;
  }

  /** @param topic who or what, a word */
  say(topic: string, text: string): void {
    this.#line(cyan(topic.padEnd(TOPIC_WIDTH)), text);
  }

  warn(topic: string, text: string): void {
    this.#line(yellow(topic.padEnd(TOPIC_WIDTH)), text);
  }

  fail(topic: string, text: string): void {
    this.#line(red(topic.padEnd(TOPIC_WIDTH)), text);
  }

  /** Without time: blocks of text. */
  plain(text: string): void {
    this.#write(text);
  }

  #line(topic: string, text: string): void {
    this.#write(`${dim(`${this.elapsedSecs().toFixed(1).padStart(6)} s`)}  ${topic} ${text}`);
  }
}
