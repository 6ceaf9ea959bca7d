/** The candle chart: a thin layer over lightweight-charts that knows bars, levels and marks. */

import {
  CandlestickSeries,
  ColorType,
  createChart,
  createSeriesMarkers,
  LineStyle,
  type AutoscaleInfo,
  type CandlestickData,
  type IChartApi,
  type IPriceLine,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  type SeriesMarker,
  type UTCTimestamp,
} from "lightweight-charts";
import type { Bar } from "../api/objects";
import { millis } from "../format/time";
import type { LevelLine } from "./levels";
import { signalOf } from "./markers";
import type { Palette } from "./palette";

/** Levels further away than this many heights of the candles do not squeeze them. */
const REACH = 1.5;

export class CandleChart {
  private readonly chart: IChartApi;
  private readonly candles: ISeriesApi<"Candlestick", UTCTimestamp>;
  private readonly marks: ISeriesMarkersPluginApi<UTCTimestamp>;
  private readonly lines = new Map<string, { line: IPriceLine; drawn: string }>();
  private levels: LevelLine[] = [];
  private colours: Palette;
  private series = -1;
  private lastTime = -Infinity;

  constructor(holder: HTMLElement, colours: Palette, onSignal: (id: string) => void) {
    this.colours = colours;
    this.chart = createChart(holder, {
      autoSize: true,
      layout: {
        attributionLogo: false,
        fontFamily: getComputedStyle(holder).fontFamily,
        fontSize: 11,
      },
      timeScale: { timeVisible: true, secondsVisible: false, rightOffset: 6, barSpacing: 8 },
      handleScroll: { vertTouchDrag: false },
    });
    // Times are always given in seconds; the library's type also allows days and texts.
    this.candles = this.chart.addSeries(CandlestickSeries, {
      autoscaleInfoProvider: (own: () => AutoscaleInfo | null) => this.withLevels(own()),
    }) as unknown as ISeriesApi<"Candlestick", UTCTimestamp>;
    this.marks = createSeriesMarkers(this.candles, []);
    this.chart.subscribeClick((event) => {
      const id = signalOf(event.hoveredObjectId);
      if (id !== null) onSignal(id);
    });
    this.paint(colours);
  }

  /** Use a theme's colours. */
  paint(colours: Palette): void {
    this.colours = colours;
    this.chart.applyOptions({
      layout: {
        background: { type: ColorType.Solid, color: colours.panel },
        textColor: colours.faint,
      },
      grid: { vertLines: { color: colours.grid }, horzLines: { color: colours.grid } },
      rightPriceScale: { borderColor: colours.line },
      timeScale: { borderColor: colours.line },
      crosshair: {
        vertLine: { color: colours.edge, labelBackgroundColor: colours.edge },
        horzLine: { color: colours.edge, labelBackgroundColor: colours.edge },
      },
    });
    this.candles.applyOptions({
      upColor: colours.up,
      wickUpColor: colours.up,
      borderUpColor: colours.up,
      // Hollow against filled: falling candles differ from rising ones by more than colour.
      downColor: colours.panel,
      wickDownColor: colours.down,
      borderDownColor: colours.down,
      priceLineColor: colours.soft,
    });
    this.drawLevels(this.levels);
  }

  /**
   * Draw the bars; only what grew is drawn anew.
   *
   * @param series another number means another series
   */
  draw(series: number, bars: readonly Bar[], digits: number): void {
    if (series !== this.series) {
      this.series = series;
      const priceFormat = { type: "price", precision: digits, minMove: 10 ** -digits } as const;
      this.candles.applyOptions({ priceFormat });
      this.candles.setData(bars.map(candle));
      this.chart.priceScale("right").applyOptions({ autoScale: true });
      this.chart.timeScale().resetTimeScale();
    } else {
      const from = bars.findLastIndex((bar) => secondOf(bar) < this.lastTime) + 1;
      for (const bar of bars.slice(from)) this.candles.update(candle(bar));
    }
    const last = bars.at(-1);
    this.lastTime = last === undefined ? -Infinity : secondOf(last);
  }

  drawLevels(levels: LevelLine[]): void {
    this.levels = levels;
    const wanted = new Set(levels.map((one) => one.key));
    for (const [key, { line }] of this.lines) {
      if (wanted.has(key)) continue;
      this.candles.removePriceLine(line);
      this.lines.delete(key);
    }
    for (const level of levels) this.drawLevel(level);
  }

  drawMarks(marks: SeriesMarker<UTCTimestamp>[]): void {
    this.marks.setMarkers(marks);
  }

  /** Go back to the newest bar. */
  showLatest(): void {
    this.chart.timeScale().scrollToRealTime();
  }

  /** Move by bars; negative goes back in time. */
  scroll(bars: number): void {
    const scale = this.chart.timeScale();
    scale.scrollToPosition(scale.scrollPosition() + bars, false);
  }

  /** Make candles wider (above 1) or narrower. */
  zoom(factor: number): void {
    const scale = this.chart.timeScale();
    const barSpacing = Math.min(60, Math.max(1, scale.options().barSpacing * factor));
    scale.applyOptions({ barSpacing });
  }

  destroy(): void {
    this.chart.remove();
  }

  private drawLevel(level: LevelLine): void {
    const options = this.lineOptions(level);
    const drawn = JSON.stringify(options);
    const known = this.lines.get(level.key);
    if (known === undefined) {
      this.lines.set(level.key, { line: this.candles.createPriceLine(options), drawn });
    } else if (known.drawn !== drawn) {
      known.line.applyOptions(options);
      known.drawn = drawn;
    }
  }

  private lineOptions(level: LevelLine) {
    const { colours } = this;
    const ofSide = level.side === "buy" ? colours.up : colours.down;
    const color = { entry: ofSide, stop: colours.bad, target: colours.good }[level.kind];
    const lineStyle = level.kind === "entry" ? LineStyle.Solid : LineStyle.Dashed;
    return {
      price: level.price,
      color,
      lineStyle,
      lineWidth: 1 as const,
      title: level.title,
      axisLabelVisible: true,
      axisLabelColor: color,
      axisLabelTextColor: colours.panel,
    };
  }

  private withLevels(own: AutoscaleInfo | null): AutoscaleInfo | null {
    const range = own?.priceRange;
    if (own === null || range === null || range === undefined) return own;
    const reach = (range.maxValue - range.minValue) * REACH;
    const near = this.levels
      .map((one) => one.price)
      .filter((price) => price > range.minValue - reach && price < range.maxValue + reach);
    return {
      ...own,
      priceRange: {
        minValue: Math.min(range.minValue, ...near),
        maxValue: Math.max(range.maxValue, ...near),
      },
    };
  }
}

function secondOf(bar: Bar): number {
  return Math.floor(millis(bar.opened_at) / 1000);
}

function candle(bar: Bar): CandlestickData<UTCTimestamp> {
  return {
    time: secondOf(bar) as UTCTimestamp,
    open: Number(bar.open),
    high: Number(bar.high),
    low: Number(bar.low),
    close: Number(bar.close),
  };
}
