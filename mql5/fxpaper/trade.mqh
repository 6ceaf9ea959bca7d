//+------------------------------------------------------------------+
//| Carries commands out: each id once. What is to be sent is in the |
//| journal before it is sent; what nobody can tell is uncertain and |
//| is never sent again.                                             |
//+------------------------------------------------------------------+
const string TAG = "fx:";
const int    DAY_SECONDS = 86400;

struct SCommand
  {
   string            id;
   string            op;
   string            symbol;
   ulong             magic;
   long              deadline;
   bool              again;
   int               type;
   double            lots;
   double            price;
   double            limit;
   double            sl;
   double            tp;
   int               deviation;
   string            tif;
   long              expires;
   long              position;
   long              by;
   long              order;
   string            print;
  };

class CTrader
  {
private:
   CJournal          m_journal;
   CLimits           m_limits;
   string            m_name;          // of the journal
   string            m_filled[];      // symbols whose usual filling was refused
   int               m_filling[];     // and the one that was taken

   // FNV-1a of what was asked for: an id that comes with something else is refused.
   string            Print(const string text)
     {
      uint hash = 2166136261;
      int length = StringLen(text);
      for(int i = 0; i < length; i++)
         hash = (hash ^ (uint)StringGetCharacter(text, i)) * 16777619;
      return IntegerToString((long)hash);
     }

   void              Read(const string body, SCommand &command)
     {
      command.id = JsonGetText(body, "id");
      command.op = JsonGetText(body, "op");
      command.symbol = JsonGetText(body, "symbol");
      command.magic = (ulong)StringToInteger(JsonGetText(body, "magic"));
      command.deadline = JsonGetLong(body, "deadline", 0);
      command.again = JsonGetBool(body, "again");
      command.type = (int)JsonGetLong(body, "type", 0);
      command.lots = JsonGetDouble(body, "lots");
      command.price = JsonGetDouble(body, "price");
      command.limit = JsonGetDouble(body, "limit");
      command.sl = JsonGetDouble(body, "sl");
      command.tp = JsonGetDouble(body, "tp");
      command.deviation = (int)JsonGetLong(body, "deviation", 0);
      command.tif = JsonGetText(body, "tif");
      command.expires = JsonGetLong(body, "expires", 0);
      command.position = JsonGetLong(body, "position", 0);
      command.by = JsonGetLong(body, "by", 0);
      command.order = JsonGetLong(body, "order", 0);
      string text = command.op + " " + command.symbol + " " + IntegerToString(command.type) + " " + DoubleToString(command.lots, 8);
      text += " " + DoubleToString(command.price, 8) + " " + DoubleToString(command.limit, 8) + " " + DoubleToString(command.sl, 8);
      text += " " + DoubleToString(command.tp, 8) + " " + IntegerToString(command.position) + " " + IntegerToString(command.by);
      text += " " + IntegerToString(command.order);
      command.print = Print(text);
     }

   bool              Opens(const SCommand &command)
     {
      return command.op == "open" || command.op == "place";
     }

   // The ticket of a position by its number, which stays while tickets change; 0 for none.
   ulong             PositionOf(const long number)
     {
      for(int i = PositionsTotal() - 1; i >= 0; i--)
        {
         ulong ticket = PositionGetTicket(i);
         if(ticket > 0 && PositionGetInteger(POSITION_IDENTIFIER) == number)
            return ticket;
        }
      return 0;
     }

   // Whether the broker knows of a command by its mark; the number of its order comes with it.
   bool              Traced(const ulong magic, long &order)
     {
      for(int i = PositionsTotal() - 1; i >= 0; i--)
         if(PositionGetTicket(i) > 0 && (ulong)PositionGetInteger(POSITION_MAGIC) == magic)
           {
            order = PositionGetInteger(POSITION_IDENTIFIER);
            return true;
           }
      for(int i = OrdersTotal() - 1; i >= 0; i--)
        {
         ulong ticket = OrderGetTicket(i);
         if(ticket > 0 && (ulong)OrderGetInteger(ORDER_MAGIC) == magic)
           {
            order = (long)ticket;
            return true;
           }
        }
      datetime now = TimeTradeServer();
      if(!HistorySelect(now - DAY_SECONDS, now + DAY_SECONDS))
         return false;
      for(int i = HistoryDealsTotal() - 1; i >= 0; i--)
        {
         ulong ticket = HistoryDealGetTicket(i);
         if(ticket > 0 && (ulong)HistoryDealGetInteger(ticket, DEAL_MAGIC) == magic)
           {
            order = HistoryDealGetInteger(ticket, DEAL_ORDER);
            return true;
           }
        }
      return false;
     }

   // The filling mode of a deal: flags are not the numbers of the modes.
   ENUM_ORDER_TYPE_FILLING Filling(const SCommand &command)
     {
      if(command.op == "place" || command.op == "change")
         return ORDER_FILLING_RETURN;
      if(command.tif == "ioc")
         return ORDER_FILLING_IOC;
      if(command.tif == "fok")
         return ORDER_FILLING_FOK;
      for(int i = 0; i < ArraySize(m_filled); i++)
         if(m_filled[i] == command.symbol)
            return (ENUM_ORDER_TYPE_FILLING)m_filling[i];
      long flags = SymbolInfoInteger(command.symbol, SYMBOL_FILLING_MODE);
      if((flags & 1) != 0)
         return ORDER_FILLING_FOK;
      if((flags & 2) != 0)
         return ORDER_FILLING_IOC;
      return ORDER_FILLING_RETURN;
     }

   void              Remember(const string symbol, const ENUM_ORDER_TYPE_FILLING filling)
     {
      int size = ArraySize(m_filled);
      ArrayResize(m_filled, size + 1);
      ArrayResize(m_filling, size + 1);
      m_filled[size] = symbol;
      m_filling[size] = (int)filling;
     }

   double            Market(const string symbol, const bool buys)
     {
      return SymbolInfoDouble(symbol, buys ? SYMBOL_ASK : SYMBOL_BID);
     }

   // What the broker is asked; says why it cannot be asked, or an empty text.
   string            Ask(const SCommand &command, MqlTradeRequest &request)
     {
      ZeroMemory(request);
      request.symbol = command.symbol;
      request.magic = command.magic;
      request.comment = TAG + command.id;
      request.volume = command.lots;
      request.deviation = (ulong)command.deviation;
      request.sl = command.sl;
      request.tp = command.tp;
      request.type = (ENUM_ORDER_TYPE)command.type;
      request.type_filling = Filling(command);
      if(command.op == "open")
        {
         request.action = TRADE_ACTION_DEAL;
         request.price = Market(command.symbol, command.type == 0);
        }
      else if(command.op == "place")
        {
         request.action = TRADE_ACTION_PENDING;
         request.price = command.price;
         request.stoplimit = command.limit;
         request.type_time = command.expires > 0 ? ORDER_TIME_SPECIFIED : ORDER_TIME_GTC;
         request.expiration = (datetime)command.expires;
        }
      else if(command.op == "close")
         return AskClose(command, request);
      else if(command.op == "close_by")
        {
         request.action = TRADE_ACTION_CLOSE_BY;
         request.position = PositionOf(command.position);
         request.position_by = PositionOf(command.by);
         if(request.position == 0 || request.position_by == 0)
            return "one of the two positions is closed already";
        }
      else if(command.op == "protect")
        {
         request.action = TRADE_ACTION_SLTP;
         request.position = PositionOf(command.position);
         if(request.position == 0)
            return "the position is closed already";
        }
      else if(command.op == "change")
        {
         if(!OrderSelect((ulong)command.order))
            return "the order waits no more";
         request.action = TRADE_ACTION_MODIFY;
         request.order = (ulong)command.order;
         request.price = command.price;
         request.stoplimit = command.limit;
         request.type_time = command.expires > 0 ? ORDER_TIME_SPECIFIED : ORDER_TIME_GTC;
         request.expiration = (datetime)command.expires;
        }
      else if(command.op == "cancel")
        {
         if(!OrderSelect((ulong)command.order))
            return "the order waits no more";
         request.action = TRADE_ACTION_REMOVE;
         request.order = (ulong)command.order;
        }
      else
         return "this Expert Advisor does not know " + command.op;
      return "";
     }

   // A close never becomes an opening: it names its position, on its own side, and not more of it.
   string            AskClose(const SCommand &command, MqlTradeRequest &request)
     {
      request.action = TRADE_ACTION_DEAL;
      request.position = PositionOf(command.position);
      request.sl = 0;
      request.tp = 0;
      if(request.position == 0 || !PositionSelectByTicket(request.position))
         return "the position is closed already";
      bool buys = PositionGetInteger(POSITION_TYPE) == POSITION_TYPE_SELL;
      if(buys != (command.type == 0))
         return "the position has turned around";
      if(command.lots > PositionGetDouble(POSITION_VOLUME) + 0.0000001)
         return "the position has " + DoubleToString(PositionGetDouble(POSITION_VOLUME), 2) + " lots only";
      request.price = Market(command.symbol, buys);
      return "";
     }

   // Send, once more with another filling mode where the broker refuses the first.
   void              Send(const SCommand &command, MqlTradeRequest &request, SEntry &entry)
     {
      MqlTradeResult result;
      ZeroMemory(result);
      // What OrderSend returns says nothing that the code does not.
      if(!OrderSend(request, result))
         ResetLastError();
      bool chosen = command.tif == "fok" || command.tif == "ioc";
      if(result.retcode == TRADE_RETCODE_INVALID_FILL && request.action == TRADE_ACTION_DEAL && !chosen)
        {
         request.type_filling = request.type_filling == ORDER_FILLING_FOK ? ORDER_FILLING_IOC : ORDER_FILLING_FOK;
         ZeroMemory(result);
         if(!OrderSend(request, result))
            ResetLastError();
         if(result.retcode != TRADE_RETCODE_INVALID_FILL)
            Remember(command.symbol, request.type_filling);
        }
      entry.retcode = (int)result.retcode;
      entry.order = (long)result.order;
      entry.why = result.comment;
      bool waits = command.op == "place";
      if(result.retcode == TRADE_RETCODE_DONE || result.retcode == TRADE_RETCODE_DONE_PARTIAL)
         entry.state = waits ? "placed" : "done";
      else if(result.retcode == TRADE_RETCODE_PLACED)
         entry.state = waits ? "placed" : "done";
      else if(result.retcode == TRADE_RETCODE_NO_CHANGES)
         entry.state = "done";
      else if(result.retcode == TRADE_RETCODE_TIMEOUT || result.retcode == TRADE_RETCODE_ERROR || result.retcode == TRADE_RETCODE_CONNECTION || result.retcode == 0)
         Doubt(command, entry);
      else
        {
         entry.state = "refused";
         entry.why = "the broker refused, code " + IntegerToString(entry.retcode) + (entry.why == "" ? "" : ": " + entry.why);
        }
     }

   // Nobody has told what became of it: the broker's books may.
   void              Doubt(const SCommand &command, SEntry &entry)
     {
      long order = 0;
      if(Traced(command.magic, order))
        {
         entry.state = command.op == "place" ? "placed" : "done";
         entry.order = order;
         entry.why = "found at the broker";
         return;
        }
      entry.state = "uncertain";
      entry.why = "it was handed to the broker, and nothing tells what became of it";
     }

public:
   void              Set(const bool allowed, const bool demo_only, const double lots, const int positions, const string symbols, const double loss)
     {
      m_limits.Set(allowed, demo_only, lots, positions, symbols, loss);
     }

   bool              Open(const string name, const bool to_write)
     {
      m_name = name;
      return m_journal.Open(name, to_write);
     }

   // Once more where it could not be opened or written.
   void              Reopen()
     {
      if(m_journal.Trouble() != "" && m_name != "")
         m_journal.Open(m_name, true);
     }

   void              Close()
     {
      m_journal.Close();
     }

   // Why nothing is carried out, or an empty text.
   string            Closed()
     {
      string why = m_limits.Closed();
      return why != "" ? why : m_journal.Trouble();
     }

   // Carry a command out, or tell what became of it: the body of the answer without its head.
   string            Carry(const string body, const long daemon_ms)
     {
      SCommand command;
      Read(body, command);
      SEntry entry;
      bool known = m_journal.Find(command.id, entry);
      if(known && entry.print != command.print)
        {
         entry.state = "refused";
         entry.retcode = 0;
         entry.order = 0;
         entry.why = "another command had this id; nothing was done";
        }
      else if(known && entry.state == JOURNAL_SENT)
        {
         Doubt(command, entry);
         m_journal.Write(entry);
        }
      else if(!known)
         Fresh(command, daemon_ms, entry);
      string made = "\"id\":" + JsonText(command.id) + ",\"state\":" + JsonText(entry.state);
      made += ",\"retcode\":" + IntegerToString(entry.retcode) + ",\"why\":" + JsonText(entry.why);
      made += ",\"order\":" + IntegerToString(entry.order) + ",\"dup\":" + JsonBool(known);
      return made;
     }

private:
   void              Fresh(const SCommand &command, const long daemon_ms, SEntry &entry)
     {
      entry.id = command.id;
      entry.print = command.print;
      entry.state = "refused";
      entry.retcode = 0;
      entry.order = 0;
      entry.why = Closed();
      long order = 0;
      // Another terminal of this account may have done it.
      if((command.again || Opens(command)) && Traced(command.magic, order))
        {
         entry.state = command.op == "place" ? "placed" : "done";
         entry.order = order;
         entry.why = "found at the broker";
         m_journal.Write(entry);
         return;
        }
      if(daemon_ms > command.deadline)
        {
         entry.state = "expired";
         entry.why = "it came " + IntegerToString(daemon_ms - command.deadline) + " ms after its deadline";
         m_journal.Write(entry);
         return;
        }
      if(entry.why == "" && Opens(command))
         entry.why = m_limits.Opening(command.symbol, command.lots);
      MqlTradeRequest request;
      if(entry.why == "")
         entry.why = Ask(command, request);
      if(entry.why != "")
        {
         m_journal.Write(entry);
         return;
        }
      entry.state = JOURNAL_SENT;
      if(!m_journal.Write(entry))
        {
         entry.state = "refused";
         entry.why = m_journal.Trouble();
         return;
        }
      Send(command, request, entry);
      m_journal.Write(entry);
     }
  };
