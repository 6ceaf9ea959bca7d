//+------------------------------------------------------------------+
//| Bars of the past: opening on the broker's clock in seconds, open,|
//| high, low, close; the newest of them where there are many.       |
//+------------------------------------------------------------------+
const int BARS_MOST = 5000;

string BarRows(const string symbol, const int minutes, const long begins, const long ends)
  {
   ENUM_TIMEFRAMES frame = PERIOD_M1;
   if(minutes == 5)
      frame = PERIOD_M5;
   else if(minutes == 15)
      frame = PERIOD_M15;
   else if(minutes == 30)
      frame = PERIOD_M30;
   else if(minutes == 60)
      frame = PERIOD_H1;
   else if(minutes == 240)
      frame = PERIOD_H4;
   else if(minutes == 1440)
      frame = PERIOD_D1;
   MqlRates rates[];
   int got = CopyRates(symbol, frame, (datetime)begins, (datetime)(ends - 1), rates);
   int digits = (int)SymbolInfoInteger(symbol, SYMBOL_DIGITS);
   string rows = "";
   for(int i = got > BARS_MOST ? got - BARS_MOST : 0; i < got; i++)
     {
      string row = "[" + IntegerToString((long)rates[i].time) + "," + DoubleToString(rates[i].open, digits);
      row += "," + DoubleToString(rates[i].high, digits) + "," + DoubleToString(rates[i].low, digits);
      rows += (rows == "" ? "" : ",") + row + "," + DoubleToString(rates[i].close, digits) + "]";
     }
   return rows;
  }
