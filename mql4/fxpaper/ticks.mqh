//+------------------------------------------------------------------+
//| Quotes of the wanted symbols. MetaTrader 4 tells the latest one  |
//| only: what changes twice between two polls is not seen, and its  |
//| times are whole seconds.                                         |
//+------------------------------------------------------------------+
struct STrack
  {
   string            symbol;
   int               digits;
   datetime          time;
   double            bid;
   double            ask;
   long              sent;     // over this line
   bool              wanted;
  };

class CTicks
  {
private:
   STrack            m_tracks[];

   int               Place(const string symbol)
     {
      for(int i = 0; i < ArraySize(m_tracks); i++)
         if(m_tracks[i].symbol == symbol)
            return i;
      int size = ArraySize(m_tracks);
      ArrayResize(m_tracks, size + 1);
      m_tracks[size].symbol = symbol;
      m_tracks[size].digits = (int)SymbolInfoInteger(symbol, SYMBOL_DIGITS);
      m_tracks[size].time = 0;
      m_tracks[size].bid = 0;
      m_tracks[size].ask = 0;
      m_tracks[size].sent = 0;
      m_tracks[size].wanted = false;
      return size;
     }

public:
   int               Total() const
     {
      return ArraySize(m_tracks);
     }

   int               Wanted() const
     {
      int count = 0;
      for(int i = 0; i < ArraySize(m_tracks); i++)
         if(m_tracks[i].wanted)
            count++;
      return count;
     }

   void              Forget()
     {
      ArrayResize(m_tracks, 0);
     }

   void              Want(const string &names[])
     {
      for(int i = 0; i < ArraySize(m_tracks); i++)
         m_tracks[i].wanted = false;
      for(int j = 0; j < ArraySize(names); j++)
        {
         if(!SymbolSelect(names[j], true))
            continue;
         int place = Place(names[j]);
         m_tracks[place].wanted = true;
        }
     }

   // The latest quote of one symbol as JSON, or an empty text when it is not new.
   string            Next(const int place, string &symbol, long &count)
     {
      symbol = m_tracks[place].symbol;
      count = m_tracks[place].sent;
      MqlTick tick;
      if(!m_tracks[place].wanted || !SymbolInfoTick(symbol, tick))
         return "";
      if(tick.bid <= 0 || tick.ask <= 0)
         return "";
      if(tick.time == m_tracks[place].time && tick.bid == m_tracks[place].bid && tick.ask == m_tracks[place].ask)
         return "";
      m_tracks[place].time = tick.time;
      m_tracks[place].bid = tick.bid;
      m_tracks[place].ask = tick.ask;
      m_tracks[place].sent++;
      int digits = m_tracks[place].digits;
      return "[" + IntegerToString((long)tick.time * 1000) + "," + DoubleToString(tick.bid, digits) + "," + DoubleToString(tick.ask, digits) + "]";
     }
  };
