//+------------------------------------------------------------------+
//| Ticks of the wanted symbols, each once and none left out:        |
//| CopyTicks from the latest one on, so that what OnTick skips is   |
//| there all the same.                                              |
//+------------------------------------------------------------------+
const int TICKS_AT_ONCE = 500;

struct STrack
  {
   string            symbol;
   int               digits;
   ulong             latest;   // milliseconds of the broker's clock
   int               same;     // ticks of that millisecond that were sent
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
      m_tracks[size].latest = 0;
      m_tracks[size].same = 0;
      m_tracks[size].sent = 0;
      m_tracks[size].wanted = false;
      return size;
     }

public:
   int               Total() const
     {
      return ArraySize(m_tracks);
     }

   // A new line counts from zero; the daemon says from where on.
   void              Forget()
     {
      ArrayResize(m_tracks, 0);
     }

   // What the daemon asks for, and the latest tick it knows of each.
   void              Want(const string body)
     {
      string names[];
      JsonGetList(body, "symbols", names);
      for(int i = 0; i < ArraySize(m_tracks); i++)
         m_tracks[i].wanted = false;
      int since_at = JsonFind(body, "since", 0);
      for(int i = 0; i < ArraySize(names); i++)
        {
         SymbolSelect(names[i], true);
         int place = Place(names[i]);
         m_tracks[place].wanted = true;
         long since = since_at < 0 ? 0 : JsonGetLong(body, names[i], since_at);
         if(m_tracks[place].latest == 0 && since > 0)
            m_tracks[place].latest = (ulong)since + 1;
        }
     }

   // The body of a message with the next ticks of one symbol, or an empty text.
   string            Next(const int place, string &symbol, long &count)
     {
      symbol = m_tracks[place].symbol;
      count = m_tracks[place].sent;
      if(!m_tracks[place].wanted)
         return "";
      MqlTick ticks[];
      int got = 0;
      if(m_tracks[place].latest == 0)
         got = CopyTicks(symbol, ticks, COPY_TICKS_INFO, 0, 1);
      else
         got = CopyTicks(symbol, ticks, COPY_TICKS_INFO, m_tracks[place].latest, (uint)(TICKS_AT_ONCE + m_tracks[place].same));
      if(got <= 0)
         return "";
      string made = "";
      int digits = m_tracks[place].digits;
      int known = m_tracks[place].same;
      for(int i = 0; i < got; i++)
        {
         ulong at = (ulong)ticks[i].time_msc;
         if(at == m_tracks[place].latest && known > 0)
           {
            known--;
            continue;
           }
         if(ticks[i].bid <= 0 || ticks[i].ask <= 0)
            continue;
         if(made != "")
            made += ",";
         made += "[" + IntegerToString(ticks[i].time_msc) + "," + DoubleToString(ticks[i].bid, digits) + "," + DoubleToString(ticks[i].ask, digits) + "]";
         if(at == m_tracks[place].latest)
            m_tracks[place].same++;
         else
           {
            m_tracks[place].latest = at;
            m_tracks[place].same = 1;
            known = 0;
           }
         m_tracks[place].sent++;
        }
      return made;
     }
  };
