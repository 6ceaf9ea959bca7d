//+------------------------------------------------------------------+
//| Three clocks: this computer's, which counts on, the broker's and |
//| the daemon's.                                                    |
//+------------------------------------------------------------------+
const int FRESH_MS = 60000;

class CClocks
  {
private:
   ulong             m_elapsed;
   uint              m_counted;
   datetime          m_quoted;      // time of the latest quote, on the broker's clock
   ulong             m_quoted_at;
   long              m_offset;
   bool              m_known;       // measured since the start
   bool              m_told;        // measured now or before
   long              m_daemon;      // the daemon's latest time, UTC milliseconds
   ulong             m_daemon_at;

public:
                     CClocks()
     {
      m_elapsed = 0;
      m_counted = GetTickCount();
      m_quoted = 0;
      m_quoted_at = 0;
      m_offset = 0;
      m_known = false;
      m_told = false;
      m_daemon = 0;
      m_daemon_at = 0;
     }

   // The terminal may go to another account without starting the program anew.
   void              ForgetBroker()
     {
      m_quoted = 0;
      m_offset = 0;
      m_known = false;
      m_told = false;
     }

   // A new line may lead to another daemon, or to one whose clock was put right.
   void              ForgetDaemon()
     {
      m_daemon = 0;
     }

   // Milliseconds that only grow: GetTickCount begins anew every 49.7 days.
   ulong             Elapsed()
     {
      uint now = GetTickCount();
      m_elapsed += (ulong)(now - m_counted);
      m_counted = now;
      return m_elapsed;
     }

   bool              IsTold() const
     {
      return m_told;
     }

   long              Ahead() const
     {
      return m_offset;
     }

   // Take what an earlier start has measured, until there are quotes.
   void              Recall(const long offset)
     {
      if(m_told)
         return;
      m_offset = offset;
      m_told = true;
     }

   // MetaTrader 4 has no clock of the server but the time of its latest quote. Just when that moves
   // it is right, and tells how far the broker is ahead of UTC, in quarters of an hour. True when
   // that is news.
   bool              Watch()
     {
      datetime quoted = TimeCurrent();
      if(quoted == m_quoted)
         return false;
      bool first = m_quoted == 0;
      m_quoted = quoted;
      if(first)
         return false;
      long apart = (long)quoted - (long)TimeGMT();
      long quarters = apart >= 0 ? (apart + 450) / 900 : -((450 - apart) / 900);
      bool news = !m_known || m_offset != quarters * 900;
      m_offset = quarters * 900;
      m_quoted_at = Elapsed();
      m_known = true;
      m_told = true;
      return news;
     }

   string            Offset()
     {
      bool valid = m_known && Elapsed() - m_quoted_at < (ulong)FRESH_MS;
      return ",\"offset\":" + IntegerToString(m_offset) + ",\"offset_valid\":" + JsonBool(valid);
     }

   // An answer that had been lost comes later with an old time; the daemon's clock never goes back.
   void              Hear(const long time)
     {
      if(time <= DaemonNow())
         return;
      m_daemon = time;
      m_daemon_at = Elapsed();
     }

   // The daemon's time, UTC milliseconds; 0 while nothing was heard of it.
   long              DaemonNow()
     {
      if(m_daemon == 0)
         return 0;
      return m_daemon + (long)(Elapsed() - m_daemon_at);
     }
  };
