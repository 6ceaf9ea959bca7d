//+------------------------------------------------------------------+
//| What the account has, told in the words of positions and deals.  |
//|                                                                  |
//| MetaTrader 4 knows tickets only: one that was filled is a        |
//| position; its opening and its closing are a deal each. A part    |
//| that is closed keeps the ticket, what remains gets a new one: to |
//| the daemon it stays the position with its first ticket.          |
//+------------------------------------------------------------------+
const int DEALS_AT_ONCE = 100;
const int DEALS_MOST = 2000;
const int PARTS_MOST = 100;

struct SDeal
  {
   int               ticket;
   int               entry;    // 0 in, 1 out, 2 money
   datetime          at;
  };

class COrders
  {
private:
   string            Lots(const double lots) const
     {
      string made = DoubleToString(lots, 4);
      while(StringLen(made) > 4 && StringSubstr(made, StringLen(made) - 1, 1) == "0" && StringSubstr(made, StringLen(made) - 3, 1) != ".")
         made = StringSubstr(made, 0, StringLen(made) - 1);
      return made;
     }

   string            Price(const double price) const
     {
      return DoubleToString(price, (int)SymbolInfoInteger(OrderSymbol(), SYMBOL_DIGITS));
     }

   string            Money(const double amount) const
     {
      return DoubleToString(amount, 2);
     }

   // Whether the selected order carries the mark of an id, in its comment or as its magic number. A
   // broker may write something else into the comment, and does so when a part is closed.
   bool              Carries(const string id, const string mark) const
     {
      string tag = "fx:" + id;
      string comment = OrderComment();
      if(StringFind(comment, tag, 0) == 0)
        {
         if(StringLen(comment) == StringLen(tag))
            return true;
         ushort behind = StringGetCharacter(comment, StringLen(tag));
         return behind == '[' || behind == ' ';
        }
      return mark != "0" && OrderMagicNumber() == Magic(mark);
     }

   // The ticket that the selected one is what remains of, or 0.
   int               Parent() const
     {
      int ticket = OrderTicket();
      string comment = OrderComment();
      int type = OrderType();
      double price = OrderOpenPrice();
      string symbol = OrderSymbol();
      int parent = 0;
      if(StringFind(comment, "from #", 0) == 0)
         parent = (int)StringToInteger(StringSubstr(comment, 6, StringLen(comment) - 6));
      else if(StringFind(comment, "to #", 0) == 0)
        {
         string behind = "to #" + IntegerToString(ticket);
         for(int i = OrdersHistoryTotal() - 1; i >= 0 && parent == 0; i--)
            if(OrderSelect(i, SELECT_BY_POS, MODE_HISTORY) && OrderComment() == behind)
               parent = OrderTicket();
        }
      if(parent == 0 || !OrderSelect(parent, SELECT_BY_TICKET))
         return 0;
      bool same = OrderType() == type && OrderSymbol() == symbol && MathAbs(OrderOpenPrice() - price) < 0.0000001;
      return same ? parent : 0;
     }

   // What the broker's words about a closed ticket mean, as MQL5 numbers it.
   int               Reason() const
     {
      string comment = OrderComment();
      double point = SymbolInfoDouble(OrderSymbol(), SYMBOL_POINT);
      if(StringFind(comment, "[sl]", 0) >= 0)
         return 4;
      if(StringFind(comment, "[tp]", 0) >= 0)
         return 5;
      if(StringFind(comment, "so:", 0) == 0)
         return 6;
      if(OrderStopLoss() > 0 && MathAbs(OrderClosePrice() - OrderStopLoss()) < point / 2)
         return 4;
      if(OrderTakeProfit() > 0 && MathAbs(OrderClosePrice() - OrderTakeProfit()) < point / 2)
         return 5;
      return 0;
     }

   void              Want(SDeal &deals[], const int entry, const datetime at, const datetime since) const
     {
      if(at < since)
         return;
      int size = ArraySize(deals);
      ArrayResize(deals, size + 1);
      deals[size].ticket = OrderTicket();
      deals[size].entry = entry;
      deals[size].at = at;
     }

   bool              Before(const SDeal &one, const SDeal &other) const
     {
      if(one.at != other.at)
         return one.at < other.at;
      return Number(one) < Number(other);
     }

   void              Sort(SDeal &deals[]) const
     {
      for(int i = 1; i < ArraySize(deals); i++)
        {
         SDeal one;
         one = deals[i];
         int at = i;
         while(at > 0 && Before(one, deals[at - 1]))
           {
            deals[at] = deals[at - 1];
            at--;
           }
         deals[at] = one;
        }
     }

   // The number of a deal: the same whenever it is told, and greater for a closing than for the
   // opening before it, also when what was closed is the rest of a part.
   long              Number(const SDeal &deal) const
     {
      return (long)deal.ticket * 4 + deal.entry;
     }

   // Every deal since a time, oldest first.
   void              Find(SDeal &deals[], const datetime since) const
     {
      ArrayResize(deals, 0);
      for(int i = 0; i < OrdersTotal(); i++)
        {
         if(!OrderSelect(i, SELECT_BY_POS, MODE_TRADES) || OrderType() > OP_SELL || Parent() != 0)
            continue;
         if(OrderSelect(i, SELECT_BY_POS, MODE_TRADES))
            Want(deals, 0, OrderOpenTime(), since);
        }
      for(int j = 0; j < OrdersHistoryTotal(); j++)
        {
         if(!OrderSelect(j, SELECT_BY_POS, MODE_HISTORY))
            continue;
         if(OrderType() == 6)
            Want(deals, 2, OrderOpenTime(), since);
         if(OrderType() > OP_SELL || OrderCloseTime() < since)
            continue;
         Want(deals, 1, OrderCloseTime(), since);
         bool part = Parent() != 0;
         if(!part && OrderSelect(j, SELECT_BY_POS, MODE_HISTORY))
            Want(deals, 0, OrderOpenTime(), since);
        }
      Sort(deals);
     }

   // The lots of the selected ticket. One that another was closed by has none left in the history,
   // but as many as that one.
   double            LotsOfSelected() const
     {
      double lots = OrderLots();
      string comment = OrderComment();
      if(lots > 0 || StringFind(comment, "close hedge by #", 0) != 0)
         return lots;
      int other = (int)StringToInteger(StringSubstr(comment, 16, StringLen(comment) - 16));
      return OrderSelect(other, SELECT_BY_TICKET) ? OrderLots() : 0;
     }

   // How many lots a position had before parts of it were closed.
   double            AllLots(const int root)
     {
      if(!OrderSelect(root, SELECT_BY_TICKET))
         return 0;
      if(StringFind(OrderComment(), "to #", 0) != 0)
         return LotsOfSelected();
      double lots = OrderLots();
      for(int i = 0; i < OrdersTotal(); i++)
         if(OrderSelect(i, SELECT_BY_POS, MODE_TRADES) && OrderTicket() != root && Root(OrderTicket()) == root && OrderSelect(i, SELECT_BY_POS, MODE_TRADES))
            lots += OrderLots();
      for(int j = 0; j < OrdersHistoryTotal(); j++)
         if(OrderSelect(j, SELECT_BY_POS, MODE_HISTORY) && OrderTicket() != root && Root(OrderTicket()) == root && OrderSelect(j, SELECT_BY_POS, MODE_HISTORY))
            lots += OrderLots();
      return lots;
     }

   string            DealRow(const SDeal &deal, CJournal &journal)
     {
      int root = Root(deal.ticket);
      string opened = MarkOf(root, journal);
      string closed = deal.entry == 1 ? ClosingMark(deal.ticket, journal) : "0";
      double lots = deal.entry == 0 ? AllLots(root) : 0;
      if(deal.entry == 1 && OrderSelect(deal.ticket, SELECT_BY_TICKET))
         lots = LotsOfSelected();
      if(!OrderSelect(deal.ticket, SELECT_BY_TICKET))
         return "";
      string row = "[" + IntegerToString(Number(deal));
      string end = "," + IntegerToString((long)deal.at * 1000);
      if(deal.entry == 2)
         return row + ",0,0,\"\",2,0,0,0,0,0,0," + Money(OrderProfit()) + end + ",\"0\",0," + JsonText(OrderComment()) + "]";
      int type = OrderType();
      if(deal.entry == 0)
        {
         row += "," + IntegerToString(deal.ticket) + "," + IntegerToString(root) + "," + JsonText(OrderSymbol()) + "," + IntegerToString(type) + ",0,";
         row += Lots(lots) + "," + Price(OrderOpenPrice()) + ",0,0,0,0" + end + "," + JsonText(opened);
         return row + "," + (opened == "0" ? "0" : "3") + "," + JsonText(OrderComment()) + "]";
        }
      bool by = StringFind(OrderComment(), "close hedge by #", 0) == 0;
      int reason = closed == "0" ? Reason() : 3;
      row += ",0," + IntegerToString(root) + "," + JsonText(OrderSymbol()) + "," + IntegerToString(1 - type) + "," + (by ? "3," : "1,");
      row += Lots(lots) + "," + Price(OrderClosePrice()) + "," + Money(OrderCommission()) + ",0," + Money(OrderSwap()) + "," + Money(OrderProfit()) + end;
      return row + "," + JsonText(closed) + "," + IntegerToString(reason) + "," + JsonText(OrderComment()) + "]";
     }

   // The mark of the command that closed a ticket, or 0.
   string            ClosingMark(const int ticket, CJournal &journal) const
     {
      SEntry entry;
      for(int i = journal.Total() - 1; i >= 0; i--)
        {
         journal.Entry(i, entry);
         bool closes = entry.op == "close" || entry.op == "close_by";
         if(closes && entry.sent && entry.state != "refused" && (entry.ticket == ticket || entry.other == ticket))
            return entry.mark;
        }
      return "0";
     }

public:
   // MetaTrader 4 keeps 31 bits of a mark.
   int               Magic(const string mark) const
     {
      return (int)(StringToInteger(mark) & 2147483647);
     }

   // The first ticket of a position of which parts were closed.
   int               Root(const int ticket) const
     {
      int root = ticket;
      for(int i = 0; i < PARTS_MOST; i++)
        {
         if(!OrderSelect(root, SELECT_BY_TICKET))
            return root;
         int parent = Parent();
         if(parent == 0)
            return root;
         root = parent;
        }
      return root;
     }

   // The ticket that a position has now, or 0 when it is not open; it is selected then.
   int               OpenTicket(const int root) const
     {
      for(int i = OrdersTotal() - 1; i >= 0; i--)
        {
         if(!OrderSelect(i, SELECT_BY_POS, MODE_TRADES) || OrderType() > OP_SELL)
            continue;
         int ticket = OrderTicket();
         if(Root(ticket) == root && OrderSelect(ticket, SELECT_BY_TICKET))
            return ticket;
        }
      return 0;
     }

   // The ticket that a command has made, open or closed, or 0; it is selected then.
   int               Made(const string id, const string mark) const
     {
      for(int i = OrdersTotal() - 1; i >= 0; i--)
         if(OrderSelect(i, SELECT_BY_POS, MODE_TRADES) && Carries(id, mark))
           {
            int open = OrderTicket();
            int root = Root(open);
            if(OrderSelect(open, SELECT_BY_TICKET))
               return root;
           }
      for(int j = OrdersHistoryTotal() - 1; j >= 0; j--)
         if(OrderSelect(j, SELECT_BY_POS, MODE_HISTORY) && OrderType() <= OP_SELLSTOP && Carries(id, mark))
           {
            int past = OrderTicket();
            int first = Root(past);
            if(OrderSelect(first, SELECT_BY_TICKET))
               return first;
           }
      return 0;
     }

   // The whole mark of who made a ticket; what is not ours has its magic number.
   string            MarkOf(const int ticket, CJournal &journal) const
     {
      if(!OrderSelect(ticket, SELECT_BY_TICKET))
         return "0";
      SEntry entry;
      for(int i = journal.Total() - 1; i >= 0; i--)
        {
         journal.Entry(i, entry);
         if(!entry.sent || (entry.op != "open" && entry.op != "place"))
            continue;
         if(entry.order == ticket || Carries(entry.id, entry.mark))
            return entry.mark;
        }
      return IntegerToString(OrderMagicNumber());
     }

   // Says that something has changed since it was asked before.
   string            Signature() const
     {
      string made = IntegerToString(OrdersHistoryTotal());
      for(int i = 0; i < OrdersTotal(); i++)
         if(OrderSelect(i, SELECT_BY_POS, MODE_TRADES))
            made += ";" + IntegerToString(OrderTicket()) + "," + IntegerToString(OrderType()) + "," + DoubleToString(OrderLots(), 4) + "," + DoubleToString(OrderOpenPrice(), 8) + "," + DoubleToString(OrderStopLoss(), 8) + "," + DoubleToString(OrderTakeProfit(), 8);
      return made;
     }

   // Rows of the deals since a time, oldest first, each element a hundred of them.
   void              Deals(string &rows[], CJournal &journal, const datetime since)
     {
      SDeal deals[];
      Find(deals, since);
      ArrayResize(rows, 0);
      int count = 0;
      for(int i = 0; i < ArraySize(deals) && count < DEALS_MOST; i++)
        {
         string row = DealRow(deals[i], journal);
         if(row == "")
            continue;
         int size = ArraySize(rows);
         if(count % DEALS_AT_ONCE == 0)
           {
            ArrayResize(rows, size + 1);
            rows[size] = row;
           }
         else
            rows[size - 1] += "," + row;
         count++;
        }
     }

   string            Positions(CJournal &journal)
     {
      string made = "";
      for(int i = 0; i < OrdersTotal(); i++)
        {
         if(!OrderSelect(i, SELECT_BY_POS, MODE_TRADES) || OrderType() > OP_SELL)
            continue;
         int root = Root(OrderTicket());
         string mark = MarkOf(root, journal);
         if(!OrderSelect(i, SELECT_BY_POS, MODE_TRADES))
            continue;
         made += made == "" ? "[" : ",[";
         made += IntegerToString(root) + "," + JsonText(OrderSymbol()) + "," + IntegerToString(OrderType()) + "," + Lots(OrderLots()) + ",";
         made += Price(OrderOpenPrice()) + "," + Price(OrderStopLoss()) + "," + Price(OrderTakeProfit()) + "," + Money(OrderSwap()) + ",";
         made += IntegerToString((long)OrderOpenTime() * 1000) + "," + JsonText(mark) + "]";
        }
      return made;
     }

   string            Waiting(CJournal &journal)
     {
      string made = "";
      for(int i = 0; i < OrdersTotal(); i++)
        {
         if(!OrderSelect(i, SELECT_BY_POS, MODE_TRADES) || OrderType() <= OP_SELL || OrderType() > OP_SELLSTOP)
            continue;
         string mark = MarkOf(OrderTicket(), journal);
         if(!OrderSelect(i, SELECT_BY_POS, MODE_TRADES))
            continue;
         made += made == "" ? "[" : ",[";
         made += IntegerToString(OrderTicket()) + "," + JsonText(OrderSymbol()) + "," + IntegerToString(OrderType()) + "," + Lots(OrderLots()) + ",";
         made += Price(OrderOpenPrice()) + ",0," + Price(OrderStopLoss()) + "," + Price(OrderTakeProfit()) + ",";
         made += IntegerToString((long)OrderOpenTime() * 1000) + "," + IntegerToString((long)OrderExpiration()) + "," + JsonText(mark) + "]";
        }
      return made;
     }

   // What today has brought, open positions included; account currency.
   double            Today() const
     {
      datetime begins = TimeCurrent() - TimeCurrent() % 86400;
      double sum = AccountInfoDouble(ACCOUNT_PROFIT);
      for(int i = OrdersHistoryTotal() - 1; i >= 0; i--)
         if(OrderSelect(i, SELECT_BY_POS, MODE_HISTORY) && OrderType() <= OP_SELL && OrderCloseTime() >= begins)
            sum += OrderProfit() + OrderSwap() + OrderCommission();
      return sum;
     }
  };
