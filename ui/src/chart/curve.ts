/** The equity curve. */

import {
  AreaSeries,
  ColorType,
  createChart,
  type IChartApi,
  type ISeriesApi,
  type UTCTimestamp,
} from "lightweight-charts";
import type { CurvePoint } from "../stores/equity.svelte";
import type { Palette } from "./palette";

/** A curve that spans less than this needs cents on its axis. */
const CENTS_BELOW = 20;

export class CurveChart {
  private readonly chart: IChartApi;
  private readonly area: ISeriesApi<"Area", UTCTimestamp>;
  private drawn: readonly CurvePoint[] = [];
  private cents = true;

  constructor(holder: HTMLElement, colours: Palette) {
    this.chart = createChart(holder, {
      autoSize: true,
      layout: {
        attributionLogo: false,
        fontFamily: getComputedStyle(holder).fontFamily,
        fontSize: 11,
      },
      rightPriceScale: { borderVisible: false, scaleMargins: { top: 0.12, bottom: 0.08 } },
      timeScale: { borderVisible: false, timeVisible: true, fixLeftEdge: true, fixRightEdge: true },
      grid: { vertLines: { visible: false } },
      handleScroll: false,
      handleScale: false,
    });
    this.area = this.chart.addSeries(AreaSeries, {
      lineWidth: 2,
      priceLineVisible: false,
      priceFormat: { type: "custom", minMove: 0.01, formatter: (value: number) => this.amount(value) },
    }) as unknown as ISeriesApi<"Area", UTCTimestamp>;
    this.paint(colours);
  }

  paint(colours: Palette): void {
    this.chart.applyOptions({
      layout: {
        background: { type: ColorType.Solid, color: colours.panel },
        textColor: colours.faint,
      },
      grid: { horzLines: { color: colours.grid } },
      crosshair: {
        vertLine: { color: colours.edge, labelBackgroundColor: colours.edge },
        horzLine: { color: colours.edge, labelBackgroundColor: colours.edge },
      },
    });
    this.area.applyOptions({
      lineColor: colours.up,
      topColor: colours.upWash,
      bottomColor: colours.upWash,
    });
  }

  draw(points: readonly CurvePoint[]): void {
    if (points === this.drawn) return;
    this.drawn = points;
    this.cents = heightOf(points) < CENTS_BELOW;
    this.area.setData(points.map((one) => ({ time: one.time as UTCTimestamp, value: one.value })));
    this.chart.timeScale().fitContent();
  }

  destroy(): void {
    this.chart.remove();
  }

  /** An axis label; the exact figure stands above the curve. */
  private amount(value: number): string {
    const digits = this.cents ? 2 : 0;
    return value.toLocaleString("en-US", {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
  }
}

function heightOf(points: readonly CurvePoint[]): number {
  let [low, high] = [Infinity, -Infinity];
  for (const { value } of points) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return high - low;
}
