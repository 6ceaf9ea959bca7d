//+------------------------------------------------------------------+
//| Carries commands out, each id once whatever happens: that it is  |
//| about to be sent is on the disk before the broker has it. After  |
//| a crash in between the account tells what became of it; when it  |
//| does not, nobody can tell, and it is never sent again.           |
//+------------------------------------------------------------------+
struct SCommand
  {
   string            id;
   string            op;
   string            symbol;
   string            mark;
   string            tif;
   long              deadline;
   bool              again;
   int               type;
   double            lots;
   double            price;
   double            sl;
   double            tp;
   int               deviation;
   datetime          expires;
   int               position;
   int               by;
   int               order;
  };

struct SOutcome
  {
   string            state;
   int               retcode;
   int               order;
   string            why;
  };

class CTrade
  {
private:
   COrders           m_orders;

   void              Become(SOutcome &outcome, const string state, const int retcode, const int order, const string why) const
     {
      outcome.state = state;
      outcome.retcode = retcode;
      outcome.order = order;
      outcome.why = why;
     }

   void              Read(const string body, SCommand &c) const
     {
      c.id = JsonGetText(body, "id");
      c.op = JsonGetText(body, "op");
      c.symbol = JsonGetText(body, "symbol");
      c.mark = JsonGetText(body, "magic");
      c.tif = JsonGetText(body, "tif");
      c.deadline = JsonGetLong(body, "deadline", 0);
      c.again = JsonGetBool(body, "again");
      c.type = (int)JsonGetLong(body, "type", 0);
      c.lots = JsonGetDouble(body, "lots");
      c.price = JsonGetDouble(body, "price");
      c.sl = JsonGetDouble(body, "sl");
      c.tp = JsonGetDouble(body, "tp");
      c.deviation = (int)JsonGetLong(body, "deviation", 0);
      c.expires = (datetime)JsonGetLong(body, "expires", 0);
      c.position = (int)JsonGetLong(body, "position", 0);
      c.by = (int)JsonGetLong(body, "by", 0);
      c.order = (int)JsonGetLong(body, "order", 0);
     }

   bool              Plain(const string id) const
     {
      for(int i = 0; i < StringLen(id); i++)
        {
         ushort unit = StringGetCharacter(id, i);
         bool plain = (unit >= '0' && unit <= '9') || (unit >= 'a' && unit <= 'z') || (unit >= 'A' && unit <= 'Z') || unit == '-' || unit == '.' || unit == '_';
         if(!plain)
            return false;
        }
      return StringLen(id) > 0 && StringLen(id) <= 26;
     }

   bool              Opens(const SCommand &c) const
     {
      return c.op == "open" || c.op == "place";
     }

   // Why something may not be opened, or an empty text.
   string            TooMuch(const SCommand &c) const
     {
      if(!IsListed(c.symbol))
         return c.symbol + " is not in InpSymbols.";
      if(c.lots <= 0 || c.lots > InpMaxLots + 0.0000001)
         return DoubleToString(c.lots, 2) + " lots are more than InpMaxLots, " + DoubleToString(InpMaxLots, 2) + ", or none.";
      if(OrdersTotal() >= InpMaxPositions)
         return IntegerToString(OrdersTotal()) + " positions and orders are open; InpMaxPositions is " + IntegerToString(InpMaxPositions) + ".";
      if(InpDailyLoss > 0 && m_orders.Today() <= -InpDailyLoss)
         return "Today has lost " + DoubleToString(-m_orders.Today(), 2) + "; InpDailyLoss is " + DoubleToString(InpDailyLoss, 2) + ".";
      if(c.op == "open" && c.type > OP_SELL)
         return "An order at the market is a buy or a sell.";
      if(c.op == "place" && (c.type < OP_BUYLIMIT || c.type > OP_SELLSTOP))
         return "MetaTrader 4 has limit and stop orders only, no stop-limit orders.";
      return "";
     }

   // Which tickets a command is about, as they are now; 0 where there is none.
   void              Tickets(const SCommand &c, int &ticket, int &other) const
     {
      ticket = c.order;
      other = 0;
      if(c.position > 0)
         ticket = m_orders.OpenTicket(c.position);
      if(c.by > 0)
         other = m_orders.OpenTicket(c.by);
     }

   // Look in the account for what a command has done; true when it tells.
   bool              Effect(const SCommand &c, const int ticket, const bool sent, SOutcome &outcome) const
     {
      if(Opens(c))
        {
         int made = m_orders.Made(c.id, c.mark);
         if(made == 0)
            return false;
         Become(outcome, OrderType() > OP_SELL ? "placed" : "done", 0, made, "");
         return true;
        }
      if(!sent || ticket == 0 || !OrderSelect(ticket, SELECT_BY_TICKET))
         return false;
      bool there = false;
      if(c.op == "close" || c.op == "close_by" || c.op == "cancel")
         there = OrderCloseTime() > 0 && (c.op != "cancel" || OrderType() > OP_SELL);
      else
        {
         bool levels = Same(OrderStopLoss(), c.sl) && Same(OrderTakeProfit(), c.tp);
         there = levels && (c.op == "protect" || (Same(OrderOpenPrice(), c.price) && OrderExpiration() == c.expires));
        }
      if(there)
         Become(outcome, "done", 0, 0, "");
      return there;
     }

   bool              Same(const double one, const double other) const
     {
      return MathAbs(one - other) < 0.0000001;
     }

   // Errors after which the broker may or may not have done it.
   bool              IsDoubtful(const int code) const
     {
      return code == 0 || code == 2 || code == 6 || code == 9 || code == 128 || code == 142 || code == 143;
     }

   string            Words(const int code) const
     {
      string said = "";
      if(code == 4)
         said = ": its server is busy";
      else if(code == 129 || code == 135 || code == 138)
         said = ": the price has moved away";
      else if(code == 130)
         said = ": stop-loss or take-profit is wrong or too close";
      else if(code == 131)
         said = ": these lots cannot be traded";
      else if(code == 132)
         said = ": the market is closed";
      else if(code == 133)
         said = ": trading is disabled";
      else if(code == 134)
         said = ": there is not enough money";
      else if(code == 136)
         said = ": it has no prices";
      else if(code == 145)
         said = ": the price is too close to change it";
      else if(code == 146)
         said = ": the terminal is busy with another order";
      else if(code == 147)
         said = ": it takes no expiry";
      else if(code == 148)
         said = ": there are too many orders";
      else if(code == 4109)
         said = ": tick Allow live trading in the Expert Advisor's properties";
      else if(code == 4110 || code == 4111)
         said = ": the Expert Advisor's properties allow only one direction";
      return "The broker refused with error " + IntegerToString(code) + said + ".";
     }

   datetime          Expiry(const SCommand &c) const
     {
      if(c.expires == 0 && c.tif == "day")
         return TimeCurrent() - TimeCurrent() % 86400 + 86400;
      return c.expires;
     }

   // Hand a command over that opens something; true when the broker has done it.
   bool              HandOpening(const SCommand &c, const MqlTick &tick, int &made) const
     {
      double price = c.op == "place" ? c.price : (c.type == OP_BUY ? tick.ask : tick.bid);
      datetime expiry = c.op == "place" ? Expiry(c) : 0;
      made = OrderSend(c.symbol, c.type, c.lots, price, c.deviation, c.sl, c.tp, "fx:" + c.id, m_orders.Magic(c.mark), expiry);
      return made > 0;
     }

   bool              HandOther(const SCommand &c, const MqlTick &tick, const int ticket, const int other) const
     {
      if(!OrderSelect(ticket, SELECT_BY_TICKET))
         return false;
      if(c.op == "close")
         return OrderClose(ticket, c.lots > 0 ? c.lots : OrderLots(), OrderType() == OP_BUY ? tick.bid : tick.ask, c.deviation);
      if(c.op == "close_by")
         return OrderCloseBy(ticket, other);
      if(c.op == "cancel")
         return OrderDelete(ticket);
      if(c.op == "change")
         return OrderModify(ticket, c.price, c.sl, c.tp, c.expires);
      return OrderModify(ticket, OrderOpenPrice(), c.sl, c.tp, 0);
     }

   // Why a command about a ticket makes no sense now, or an empty text.
   string            NoSense(const SCommand &c, const int ticket, const int other) const
     {
      if(Opens(c))
         return "";
      if(c.op != "close" && c.op != "close_by" && c.op != "change" && c.op != "cancel" && c.op != "protect")
         return "This Expert Advisor cannot " + c.op + ".";
      if(ticket == 0 || !OrderSelect(ticket, SELECT_BY_TICKET) || OrderCloseTime() > 0)
         return "There is no such position or order any more.";
      bool waits = OrderType() > OP_SELL;
      if(waits != (c.op == "change" || c.op == "cancel"))
         return waits ? "It is an order that waits, no position." : "It is a position, no order that waits.";
      double lots = OrderLots();
      if(c.op == "close" && c.lots > lots + 0.0000001)
         return DoubleToString(c.lots, 2) + " lots cannot be closed of " + DoubleToString(lots, 2) + ".";
      if(c.op != "close_by")
         return "";
      if(other == 0 || !OrderSelect(other, SELECT_BY_TICKET))
         return "There is no such position to close it by.";
      if(!Same(OrderLots(), lots))
         return "MetaTrader 4 closes positions by each other here only when their lots are the same.";
      return "";
     }

   void              Execute(const SCommand &c, CJournal &journal, SOutcome &outcome)
     {
      int ticket = 0;
      int other = 0;
      Tickets(c, ticket, other);
      string wrong = Opens(c) ? TooMuch(c) : NoSense(c, ticket, other);
      if(wrong != "")
        {
         Become(outcome, "refused", 0, 0, wrong);
         return;
        }
      for(int i = 0; i < 20 && IsTradeContextBusy(); i++)
         Sleep(100);
      RefreshRates();
      MqlTick tick;
      if(!SymbolInfoTick(c.symbol, tick))
        {
         Become(outcome, "refused", 0, 0, "The terminal has no price of " + c.symbol + ".");
         return;
        }
      if(!journal.Sent(c.id, c.mark, c.op, ticket, other))
        {
         Become(outcome, "refused", 0, 0, "It was not sent: " + journal.Error() + ".");
         return;
        }
      int made = 0;
      ResetLastError();
      bool done = Opens(c) ? HandOpening(c, tick, made) : HandOther(c, tick, ticket, other);
      int code = done ? 0 : GetLastError();
      // Error 1 says of a change that it is so already.
      if(done || (code == 1 && !Opens(c)))
        {
         Become(outcome, c.op == "place" ? "placed" : "done", 0, made, "");
         return;
        }
      if(!IsDoubtful(code))
        {
         Become(outcome, "refused", code, 0, Words(code));
         return;
        }
      if(!Effect(c, ticket, true, outcome))
         Become(outcome, "uncertain", code, 0, "The broker did not say whether it was done, error " + IntegerToString(code) + ".");
     }

   void              Decide(const SCommand &c, CJournal &journal, CClocks &clocks, SOutcome &outcome)
     {
      SEntry entry;
      int at = journal.Find(c.id);
      bool sent = false;
      if(at >= 0)
        {
         journal.Entry(at, entry);
         sent = entry.sent;
        }
      if((sent || c.again) && Effect(c, sent ? entry.ticket : 0, sent, outcome))
         return;
      string forbids = Forbids(journal);
      if(sent)
         Become(outcome, "uncertain", 0, 0, "It was about to be sent when the terminal stopped; the account does not tell whether it was.");
      else if(clocks.DaemonNow() > c.deadline)
         Become(outcome, "expired", 0, 0, "It came too late, by " + DoubleToString((double)(clocks.DaemonNow() - c.deadline) / 1000, 1) + " s.");
      else if(forbids != "")
         Become(outcome, "refused", 0, 0, forbids);
      else
         Execute(c, journal, outcome);
     }

   string            Told(const SCommand &c, const SOutcome &outcome, const bool dup) const
     {
      string body = ",\"id\":" + JsonText(c.id) + ",\"state\":" + JsonText(outcome.state) + ",\"retcode\":" + IntegerToString(outcome.retcode);
      return body + ",\"why\":" + JsonText(outcome.why) + ",\"order\":" + IntegerToString(outcome.order) + ",\"dup\":" + JsonBool(dup);
     }

   bool              IsListed(const string symbol) const
     {
      string list = "," + InpSymbols + ",";
      StringReplace(list, " ", "");
      return list == ",," || StringFind(list, "," + symbol + ",", 0) >= 0;
     }

public:
   bool              Serves(const string symbol) const
     {
      return IsListed(symbol);
     }

   // Why nothing at all is carried out, or an empty text.
   string            Forbids(const CJournal &journal) const
     {
      if(!InpAllowTrading)
         return "InpAllowTrading is off in the Expert Advisor's inputs.";
      if(InpDemoOnly && AccountInfoInteger(ACCOUNT_TRADE_MODE) != ACCOUNT_TRADE_MODE_DEMO)
         return "InpDemoOnly is on, and this is no demo account.";
      if(journal.Error() != "")
         return "Nothing is traded: " + journal.Error() + ".";
      if(TerminalInfoInteger(TERMINAL_CONNECTED) == 0)
         return "The terminal is not connected to its broker.";
      if(TerminalInfoInteger(TERMINAL_TRADE_ALLOWED) == 0)
         return "AutoTrading is off in the terminal.";
      if(MQLInfoInteger(MQL_TRADE_ALLOWED) == 0)
         return "Allow live trading is off in the Expert Advisor's properties.";
      if(AccountInfoInteger(ACCOUNT_TRADE_ALLOWED) == 0)
         return "The broker lets this login look only.";
      if(AccountInfoInteger(ACCOUNT_TRADE_EXPERT) == 0)
         return "The broker allows no Expert Advisors.";
      return "";
     }

   // Carry a command out, once; the fields of what became of it.
   string            Carry(const string body, CJournal &journal, CClocks &clocks)
     {
      SCommand c;
      SOutcome outcome;
      SEntry entry;
      Read(body, c);
      if(!Plain(c.id))
        {
         Become(outcome, "refused", 0, 0, "Its id is none.");
         return Told(c, outcome, false);
        }
      int at = journal.Find(c.id);
      bool known = at >= 0;
      if(known)
         journal.Entry(at, entry);
      if(known && entry.state != "")
        {
         Become(outcome, entry.state, entry.retcode, entry.order, entry.why);
         return Told(c, outcome, true);
        }
      Decide(c, journal, clocks, outcome);
      // What is uncertain may be found later.
      if(outcome.state != "uncertain")
         journal.Result(c.id, outcome.state, outcome.retcode, outcome.order, outcome.why);
      return Told(c, outcome, known);
     }
  };
