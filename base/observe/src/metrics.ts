/**
 * Counters, gauges and histograms, written out in Prometheus' text format 0.0.4.
 * A service declares its metrics once (`room_thing_unit`, each with help) on the registry it was
 * given; `GET /metrics` prints the registry. Source: prometheus.io, exposition formats.
 */
import { assert } from '@assay/bytes';

export type Labels = Readonly<Record<string, string>>;

export interface Counter {
  /** @param by not negative */
  add(by?: number, labels?: Labels): void;
}

export interface Gauge {
  set(value: number, labels?: Labels): void;
}

export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

/** Label sets of one metric beyond this are dropped: a bug must not eat the memory. */
const SERIES_MAX = 1_000;
const NAME = /^[a-z][a-z0-9_]*$/;

interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  lines(): string[];
}

export class Metrics {
  readonly #families = new Map<string, Family>();

  counter(name: string, help: string): Counter {
    const series = this.#series(name, help, 'counter');
    return {
      add: (by = 1, labels = {}) => {
        assert(by >= 0, `counter ${name} cannot fall`);
        series.update(labels, (value) => value + by);
      },
    };
  }

  gauge(name: string, help: string): Gauge {
    const series = this.#series(name, help, 'gauge');
    return { set: (value, labels = {}) => series.update(labels, () => value) };
  }

  /** A gauge read when the page is printed. */
  gaugeFrom(name: string, help: string, read: () => number): void {
    this.#add({ name, help, type: 'gauge', lines: () => [`${name} ${formatNumber(read())}`] });
  }

  /** @param bounds ascending upper bounds of the buckets, without infinity */
  histogram(name: string, help: string, bounds: readonly number[]): Histogram {
    const series = new Map<string, { labels: Labels; buckets: number[]; sum: number }>();
    const lines = () =>
      [...series.values()].flatMap(({ labels, buckets, sum }) => {
        const count = buckets.reduce((total, n) => total + n, 0);
        let below = 0;
        return [
          ...bounds.map((bound, i) => {
            below += buckets[i]!;
            return `${name}_bucket${formatLabels({ ...labels, le: formatNumber(bound) })} ${below}`;
          }),
          `${name}_bucket${formatLabels({ ...labels, le: '+Inf' })} ${count}`,
          `${name}_sum${formatLabels(labels)} ${formatNumber(sum)}`,
          `${name}_count${formatLabels(labels)} ${count}`,
        ];
      });
    this.#add({ name, help, type: 'histogram', lines });
    return {
      observe: (value, labels = {}) => {
        const key = formatLabels(labels);
        let entry = series.get(key);
        if (entry === undefined) {
          if (series.size >= SERIES_MAX) return;
          entry = { labels, buckets: new Array(bounds.length + 1).fill(0), sum: 0 };
          series.set(key, entry);
        }
        const at = bounds.findIndex((bound) => value <= bound);
        entry.buckets[at < 0 ? bounds.length : at]! += 1;
        entry.sum += value;
      },
    };
  }

  /** The page for `GET /metrics`, content type `text/plain; version=0.0.4`. */
  render(): string {
    const out: string[] = [];
    for (const family of [...this.#families.values()].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      out.push(`# HELP ${family.name} ${family.help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}`);
      out.push(`# TYPE ${family.name} ${family.type}`, ...family.lines());
    }
    return `${out.join('\n')}\n`;
  }

  #series(name: string, help: string, type: 'counter' | 'gauge') {
    const values = new Map<string, number>();
    const lines = () =>
      values.size === 0 && type === 'counter'
        ? [`${name} 0`]
        : [...values].map(([labels, value]) => `${name}${labels} ${formatNumber(value)}`);
    this.#add({ name, help, type, lines });
    return {
      update(labels: Labels, change: (value: number) => number): void {
        const key = formatLabels(labels);
        const known = values.get(key);
        if (known === undefined && values.size >= SERIES_MAX) return;
        values.set(key, change(known ?? 0));
      },
    };
  }

  #add(family: Family): void {
    assert(NAME.test(family.name), `bad metric name ${family.name}`);
    assert(!this.#families.has(family.name), `metric ${family.name} declared twice`);
    this.#families.set(family.name, family);
  }
}

function formatLabels(labels: Labels): string {
  const names = Object.keys(labels).sort();
  if (names.length === 0) return '';
  const escaped = (text: string) =>
    text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
  return `{${names.map((name) => `${name}="${escaped(labels[name]!)}"`).join(',')}}`;
}

function formatNumber(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return Number.isNaN(value) ? 'NaN' : String(value);
}
