//+------------------------------------------------------------------+
//| What the person at this terminal allows, whatever the daemon     |
//| asks for.                                                        |
//+------------------------------------------------------------------+
class CLimits
  {
private:
   bool              m_allowed;
   bool              m_demo_only;
   double            m_lots;
   int               m_positions;
   string            m_symbols;
   double            m_loss;

   // Lots that are open and that wait.
   double            Lots()
     {
      double lots = 0;
      for(int i = PositionsTotal() - 1; i >= 0; i--)
         if(PositionGetTicket(i) > 0)
            lots += PositionGetDouble(POSITION_VOLUME);
      for(int i = OrdersTotal() - 1; i >= 0; i--)
         if(OrderGetTicket(i) > 0)
            lots += OrderGetDouble(ORDER_VOLUME_CURRENT);
      return lots;
     }

   // Won or lost since midnight on the broker's clock, what is open included.
   double            Today()
     {
      datetime now = TimeTradeServer();
      datetime midnight = now - now % 86400;
      double sum = AccountInfoDouble(ACCOUNT_EQUITY) - AccountInfoDouble(ACCOUNT_BALANCE) - AccountInfoDouble(ACCOUNT_CREDIT);
      if(!HistorySelect(midnight, now + 86400))
         return sum;
      int total = HistoryDealsTotal();
      for(int i = 0; i < total; i++)
        {
         ulong ticket = HistoryDealGetTicket(i);
         if(ticket == 0 || HistoryDealGetInteger(ticket, DEAL_TYPE) > 1)
            continue;
         sum += HistoryDealGetDouble(ticket, DEAL_PROFIT) + HistoryDealGetDouble(ticket, DEAL_SWAP);
         sum += HistoryDealGetDouble(ticket, DEAL_COMMISSION) + HistoryDealGetDouble(ticket, DEAL_FEE);
        }
      return sum;
     }

   bool              Named(const string symbol)
     {
      if(m_symbols == "")
         return true;
      string names[];
      int count = StringSplit(m_symbols, ',', names);
      for(int i = 0; i < count; i++)
        {
         string name = names[i];
         StringTrimLeft(name);
         StringTrimRight(name);
         if(name == symbol)
            return true;
        }
      return false;
     }

public:
   void              Set(const bool allowed, const bool demo_only, const double lots, const int positions, const string symbols, const double loss)
     {
      m_allowed = allowed;
      m_demo_only = demo_only;
      m_lots = lots;
      m_positions = positions;
      m_symbols = symbols;
      m_loss = loss;
     }

   // Why nothing at all is carried out, or an empty text.
   string            Closed()
     {
      if(!m_allowed)
         return "InpAllowTrading is off in the Expert Advisor";
      if(m_demo_only && AccountInfoInteger(ACCOUNT_TRADE_MODE) != ACCOUNT_TRADE_MODE_DEMO)
         return "this is no demo account, and InpDemoOnly is on in the Expert Advisor";
      if(TerminalInfoInteger(TERMINAL_CONNECTED) == 0)
         return "the terminal is not connected to its broker";
      if(TerminalInfoInteger(TERMINAL_TRADE_ALLOWED) == 0)
         return "Algo Trading is switched off in the terminal";
      if(MQLInfoInteger(MQL_TRADE_ALLOWED) == 0)
         return "Allow Algo Trading is off in the Expert Advisor's properties";
      if(AccountInfoInteger(ACCOUNT_TRADE_ALLOWED) == 0 || AccountInfoInteger(ACCOUNT_TRADE_EXPERT) == 0)
         return "the broker does not allow Expert Advisors to trade this account";
      return "";
     }

   // Why something must not be opened, or an empty text.
   string            Opening(const string symbol, const double lots)
     {
      if(!Named(symbol))
         return symbol + " is not among InpSymbols";
      double after = Lots() + lots;
      if(after > m_lots + 0.0000001)
         return "InpMaxLots is " + DoubleToString(m_lots, 2) + ", with this order it would be " + DoubleToString(after, 2);
      int count = PositionsTotal() + OrdersTotal();
      if(count >= m_positions)
         return "InpMaxPositions is " + IntegerToString(m_positions) + ", and there are " + IntegerToString(count);
      if(m_loss > 0)
        {
         double today = Today();
         if(today <= -m_loss)
            return "InpDailyLoss is " + DoubleToString(m_loss, 2) + ", today's result is " + DoubleToString(today, 2);
        }
      return "";
     }
  };
