//+------------------------------------------------------------------+
//| fxpaper: writes the terminal's economic calendar as news_file.   |
//|                                                                  |
//| Drag it onto any chart while quotes come; the file is in         |
//| MQL5\Files of the terminal's data folder.                        |
//+------------------------------------------------------------------+
#property copyright "The fxpaper authors"
#property link      "https://github.com/fxpaper/fxpaper"
#property version   "0.10"
#property script_show_inputs

input int    InpDays = 14;                  // How far ahead
input string InpFile = "fxpaper_news.csv";  // In MQL5\Files

// How far the broker's clock is ahead of UTC, seconds, in quarters of an hour.
long Offset()
  {
   long apart = (long)TimeTradeServer() - (long)TimeGMT();
   long quarters = apart >= 0 ? (apart + 450) / 900 : -((450 - apart) / 900);
   return quarters * 900;
  }

string Impact(const ENUM_CALENDAR_EVENT_IMPORTANCE importance)
  {
   if(importance == CALENDAR_IMPORTANCE_HIGH)
      return "high";
   if(importance == CALENDAR_IMPORTANCE_MODERATE)
      return "medium";
   return importance == CALENDAR_IMPORTANCE_LOW ? "low" : "none";
  }

// A time of the broker's clock as RFC 3339 in UTC.
string Utc(const datetime at, const long offset)
  {
   string shown = TimeToString((datetime)((long)at - offset), TIME_DATE | TIME_SECONDS);
   StringReplace(shown, ".", "-");
   StringReplace(shown, " ", "T");
   return shown + "Z";
  }

string Quoted(const string text)
  {
   string shown = text;
   StringReplace(shown, "\"", "\"\"");
   StringReplace(shown, "\n", " ");
   return "\"" + shown + "\"";
  }

void OnStart()
  {
   MqlCalendarValue values[];
   datetime now = TimeTradeServer();
   ResetLastError();
   if(!CalendarValueHistory(values, now - 86400, now + InpDays * 86400))
     {
      Print("fxpaper: the calendar cannot be read, error " + IntegerToString(GetLastError()));
      return;
     }
   // Written aside and moved, so that nobody reads half of it.
   string aside = InpFile + ".new";
   int file = FileOpen(aside, FILE_WRITE | FILE_TXT | FILE_ANSI, '\t', CP_UTF8);
   if(file == INVALID_HANDLE)
     {
      Print("fxpaper: " + aside + " cannot be written, error " + IntegerToString(GetLastError()));
      return;
     }
   FileWriteString(file, "time,currency,impact,title\r\n");
   long offset = Offset();
   int  written = 0;
   for(int i = 0; i < ArraySize(values); i++)
     {
      MqlCalendarEvent about;
      MqlCalendarCountry country;
      if(!CalendarEventById(values[i].event_id, about) || !CalendarCountryById(about.country_id, country))
         continue;
      if(about.time_mode != CALENDAR_TIMEMODE_DATETIME || StringLen(country.currency) != 3)
         continue;
      string line = Utc(values[i].time, offset) + "," + country.currency + "," + Impact(about.importance);
      FileWriteString(file, line + "," + Quoted(about.name) + "\r\n");
      written++;
     }
   FileClose(file);
   if(!FileMove(aside, 0, InpFile, FILE_REWRITE))
     {
      Print("fxpaper: " + InpFile + " cannot be replaced, error " + IntegerToString(GetLastError()));
      return;
     }
   Print("fxpaper: " + IntegerToString(written) + " events until " + Utc(now + InpDays * 86400, offset) + " are in MQL5\\Files\\" + InpFile);
  }
