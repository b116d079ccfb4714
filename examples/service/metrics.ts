import type { ContinualClassifier } from 'palimpsest/serving'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Reporter } from './reporter.ts'
import type { Saver } from './saver.ts'

// a report waits for what the worker does: a scrape does not wait longer than that, in milliseconds
const PATIENCE = 200

/** Prometheus metrics of the service; those of the process, such as the event loop's delay, come with prom-client. */
export class Metrics {
  readonly registry: Registry = new Registry()
  readonly #requests: Counter<'route' | 'status'>
  readonly #seconds: Histogram<'route'>
  readonly #reporter: Reporter

  constructor(classifier: ContinualClassifier, saver: Saver, reporter: Reporter) {
    this.#reporter = reporter
    const registers = [this.registry]
    collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: 1 })
    this.#requests = new Counter({
      name: 'palimpsest_requests_total',
      help: 'requests answered',
      labelNames: ['route', 'status'],
      registers,
    })
    this.#seconds = new Histogram({
      name: 'palimpsest_request_seconds',
      help: 'from the request to its answer',
      labelNames: ['route'],
      buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2, 10],
      registers,
    })
    const gauge = (name: string, help: string, read: () => number | null | undefined) =>
      new Gauge({
        name: `palimpsest_${name}`,
        help,
        registers,
        collect() {
          this.set(read() ?? Number.NaN)
        },
      })
    gauge('sequence', 'changes that predictions know of', () => classifier.sequence)
    gauge('durable_sequence', 'changes that outlast the process', () => saver.durable)
    gauge('classes', 'classes learnt', () => classifier.labels.length)
    gauge('pending_calls', 'calls that wait or are under way', () => reporter.pending)
    gauge('state_bytes', 'memory of the state and of what answers', () => classifier.bytes())
    gauge('accuracy', 'share of rows answered right before they were learnt', () => reporter.last?.overall.accuracy)
    gauge('log_loss', 'mean loss of rows before they were learnt, nats', () => reporter.last?.overall.logLoss)
    gauge('calibration_error', 'expected calibration error', () => reporter.last?.overall.calibrationError)
    gauge('drift', 'recent mean of the inputs from that of all, deviations', () => reporter.last?.drift.distance)
    gauge('drift_expected', 'what chance alone makes of palimpsest_drift', () => reporter.last?.drift.expected)
  }

  answered(route: string, status: number, milliseconds: number): void {
    this.#requests.inc({ route, status })
    this.#seconds.observe({ route }, milliseconds / 1000)
  }

  /** The text that Prometheus reads: the report may be that of an earlier scrape where the worker is busy. */
  async text(): Promise<string> {
    await this.#reporter.within(PATIENCE)
    return this.registry.metrics()
  }
}
