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

export class CurveChart {
  private readonly chart: IChartApi;
  private readonly area: ISeriesApi<"Area", UTCTimestamp>;
  private drawn: readonly CurvePoint[] = [];

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
      priceFormat: { type: "custom", minMove: 0.01, formatter: axisAmount },
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
    this.area.setData(points.map((one) => ({ time: one.time as UTCTimestamp, value: one.value })));
    this.chart.timeScale().fitContent();
  }

  destroy(): void {
    this.chart.remove();
  }
}

/** Cents only where they fit: the exact figure stands above the curve. */
function axisAmount(value: number): string {
  const digits = Math.abs(value) >= 10_000 ? 0 : 2;
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
