//+------------------------------------------------------------------+
//| The account as it is: the deals that are asked for, then what is |
//| open, what waits and what it is worth.                           |
//+------------------------------------------------------------------+
const int DEALS_AT_ONCE = 100;

class CAccount
  {
private:
   int               m_digits;

   string            Money(const double amount)
     {
      return DoubleToString(amount, m_digits);
     }

   string            Price(const string symbol, const double price)
     {
      return DoubleToString(price, (int)SymbolInfoInteger(symbol, SYMBOL_DIGITS));
     }

   string            Mark(const long magic)
     {
      return "\"" + IntegerToString(magic) + "\"";
     }

public:
                     CAccount()
     {
      m_digits = 2;
     }

   void              Learn()
     {
      m_digits = (int)AccountInfoInteger(ACCOUNT_CURRENCY_DIGITS);
     }

   // Choose the deals from a time on, 0 for the last day; how many there are.
   int               Choose(const long since_ms)
     {
      datetime now = TimeTradeServer();
      datetime from = since_ms > 0 ? (datetime)(since_ms / 1000) : now - 86400;
      if(!HistorySelect(from, now + 86400))
         return 0;
      return HistoryDealsTotal();
     }

   // The next deals as rows; the place moves on.
   string            Deals(int &place, const int total)
     {
      string rows = "";
      int count = 0;
      while(place < total && count < DEALS_AT_ONCE)
        {
         ulong ticket = HistoryDealGetTicket(place);
         place++;
         if(ticket == 0)
            continue;
         string symbol = HistoryDealGetString(ticket, DEAL_SYMBOL);
         string row = "[" + IntegerToString((long)ticket);
         row += "," + IntegerToString(HistoryDealGetInteger(ticket, DEAL_ORDER));
         row += "," + IntegerToString(HistoryDealGetInteger(ticket, DEAL_POSITION_ID));
         row += "," + JsonText(symbol);
         row += "," + IntegerToString(HistoryDealGetInteger(ticket, DEAL_TYPE));
         row += "," + IntegerToString(HistoryDealGetInteger(ticket, DEAL_ENTRY));
         row += "," + JsonLots(HistoryDealGetDouble(ticket, DEAL_VOLUME));
         row += "," + (symbol == "" ? "0" : Price(symbol, HistoryDealGetDouble(ticket, DEAL_PRICE)));
         row += "," + Money(HistoryDealGetDouble(ticket, DEAL_COMMISSION));
         row += "," + Money(HistoryDealGetDouble(ticket, DEAL_FEE));
         row += "," + Money(HistoryDealGetDouble(ticket, DEAL_SWAP));
         row += "," + Money(HistoryDealGetDouble(ticket, DEAL_PROFIT));
         row += "," + IntegerToString(HistoryDealGetInteger(ticket, DEAL_TIME_MSC));
         row += "," + Mark(HistoryDealGetInteger(ticket, DEAL_MAGIC));
         row += "," + IntegerToString(HistoryDealGetInteger(ticket, DEAL_REASON));
         row += "," + JsonText(HistoryDealGetString(ticket, DEAL_COMMENT)) + "]";
         rows += (rows == "" ? "" : ",") + row;
         count++;
        }
      return rows;
     }

   string            Positions()
     {
      string rows = "";
      for(int i = 0; i < PositionsTotal(); i++)
        {
         if(PositionGetTicket(i) == 0)
            continue;
         string symbol = PositionGetString(POSITION_SYMBOL);
         string row = "[" + IntegerToString(PositionGetInteger(POSITION_IDENTIFIER)) + "," + JsonText(symbol);
         row += "," + IntegerToString(PositionGetInteger(POSITION_TYPE));
         row += "," + JsonLots(PositionGetDouble(POSITION_VOLUME));
         row += "," + Price(symbol, PositionGetDouble(POSITION_PRICE_OPEN));
         row += "," + Price(symbol, PositionGetDouble(POSITION_SL)) + "," + Price(symbol, PositionGetDouble(POSITION_TP));
         row += "," + Money(PositionGetDouble(POSITION_SWAP));
         row += "," + IntegerToString(PositionGetInteger(POSITION_TIME_MSC));
         row += "," + Mark(PositionGetInteger(POSITION_MAGIC)) + "]";
         rows += (rows == "" ? "" : ",") + row;
        }
      return rows;
     }

   string            Orders()
     {
      string rows = "";
      for(int i = 0; i < OrdersTotal(); i++)
        {
         ulong ticket = OrderGetTicket(i);
         if(ticket == 0)
            continue;
         string symbol = OrderGetString(ORDER_SYMBOL);
         string row = "[" + IntegerToString((long)ticket) + "," + JsonText(symbol);
         row += "," + IntegerToString(OrderGetInteger(ORDER_TYPE));
         row += "," + JsonLots(OrderGetDouble(ORDER_VOLUME_CURRENT));
         row += "," + Price(symbol, OrderGetDouble(ORDER_PRICE_OPEN)) + "," + Price(symbol, OrderGetDouble(ORDER_PRICE_STOPLIMIT));
         row += "," + Price(symbol, OrderGetDouble(ORDER_SL)) + "," + Price(symbol, OrderGetDouble(ORDER_TP));
         row += "," + IntegerToString(OrderGetInteger(ORDER_TIME_SETUP_MSC));
         row += "," + IntegerToString(OrderGetInteger(ORDER_TIME_EXPIRATION));
         row += "," + Mark(OrderGetInteger(ORDER_MAGIC)) + "]";
         rows += (rows == "" ? "" : ",") + row;
        }
      return rows;
     }

   // The body of the message without its head.
   string            Now(const string closed)
     {
      string made = "\"balance\":" + Money(AccountInfoDouble(ACCOUNT_BALANCE));
      made += ",\"equity\":" + Money(AccountInfoDouble(ACCOUNT_EQUITY));
      made += ",\"margin\":" + Money(AccountInfoDouble(ACCOUNT_MARGIN));
      made += ",\"credit\":" + Money(AccountInfoDouble(ACCOUNT_CREDIT));
      made += ",\"trade\":" + JsonBool(closed == "") + ",\"why\":" + JsonText(closed);
      return made + ",\"positions\":[" + Positions() + "],\"orders\":[" + Orders() + "]";
     }
  };

// Bars of the past as rows: opening on the broker's clock in seconds, open, high, low, close.
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
   for(int i = 0; i < got; i++)
     {
      string row = "[" + IntegerToString((long)rates[i].time) + "," + DoubleToString(rates[i].open, digits);
      row += "," + DoubleToString(rates[i].high, digits) + "," + DoubleToString(rates[i].low, digits);
      rows += (rows == "" ? "" : ",") + row + "," + DoubleToString(rates[i].close, digits) + "]";
     }
   return rows;
  }
