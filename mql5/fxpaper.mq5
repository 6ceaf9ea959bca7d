//+------------------------------------------------------------------+
//| fxpaper: hands this terminal's prices to the fxpaper daemon, and |
//| carries its orders out where you allow it. It dials out over one |
//| line and needs no DLL.                                           |
//|                                                                  |
//| Tools > Options > Expert Advisors > Allow WebRequest for the     |
//| daemon's address, then put it on any chart.                      |
//+------------------------------------------------------------------+
#property copyright "The fxpaper authors"
#property link      "https://github.com/fxpaper/fxpaper"
#property version   "0.10"
#property description "Hands this terminal's prices to the fxpaper daemon."
#property description "Carries orders out only where InpAllowTrading is switched on."

input string InpHost = "127.0.0.1";   // Address of the daemon
input int    InpPort = 5555;          // Its metatrader_address
input string InpToken = "";           // From the file token in its data directory
input bool   InpPlain = false;        // Where metatrader_plain is set there
input string InpServerKey = "";       // Of fxpaper keygen: encrypts the line
input string InpPublicKey = "";       // Of fxpaper keygen
input string InpSecretKey = "";       // Of fxpaper keygen, shown once
input int    InpTimerMs = 20;         // How often prices are handed over
input bool   InpAllowTrading = false; // Carry orders out
input bool   InpDemoOnly = true;      // But only on a demo account
input double InpMaxLots = 1.0;        // Open and waiting, all together
input int    InpMaxPositions = 10;    // Open and waiting
input string InpSymbols = "";         // Only these, with commas; empty for all
input double InpDailyLoss = 0;        // Nothing opens after it, account currency; 0 for none

#include "fxpaper/json.mqh"
#include "fxpaper/nacl.mqh"
#include "fxpaper/curve.mqh"
#include "fxpaper/zmtp.mqh"
#include "fxpaper/ticks.mqh"
#include "fxpaper/journal.mqh"
#include "fxpaper/limits.mqh"
#include "fxpaper/trade.mqh"
#include "fxpaper/account.mqh"

const string EA_VERSION = "0.10";
const int    BEAT_MS = 1000;
const int    SILENCE_MS = 10000;
const int    FRESH_SECONDS = 60;
const int    TRADE_MS = 10;
const int    AHEAD_MS = 15000;

CLine    g_line;
CTicks   g_ticks;
CTrader  g_trader;
CAccount g_account;
long     g_number = 0;
bool     g_said_hello = false;
bool     g_welcome = false;
string   g_refusal = "";
string   g_epoch = "";
ulong    g_beat_at = 0;
ulong    g_try_at = 0;
int      g_tries = 0;
long     g_lines = 0;
datetime g_quoted = 0;
ulong    g_quoted_at = 0;
long     g_ahead = 0;        // of the daemon's clock, in milliseconds of UTC, before our ticks
long     g_ahead_before = 0; // the same of the stretch before
ulong    g_ahead_at = 0;     // when the present stretch began
bool     g_watched = false;  // whether the daemon follows the account
long     g_deals_since = 0;
string   g_account_name = "";// the account that the daemon was told
string   g_commands[];       // that came and are not carried out yet
bool     g_traded = false;
ulong    g_told_at = 0;

string Numbered()
  {
   string made = "\"v\":1,\"s\":" + IntegerToString(g_number) + ",\"t\":" + IntegerToString((long)TimeGMT() * 1000);
   g_number++;
   return made;
  }

// How far the broker's clock is ahead of UTC, seconds, in quarters of an hour.
long Offset()
  {
   long apart = (long)TimeTradeServer() - (long)TimeGMT();
   long quarters = apart >= 0 ? (apart + 450) / 900 : -((450 - apart) / 900);
   return quarters * 900;
  }

// The clock can be told only while quotes come.
bool OffsetValid()
  {
   datetime quoted = TimeCurrent();
   if(quoted != g_quoted)
     {
      bool first = g_quoted == 0;
      g_quoted = quoted;
      if(!first)
         g_quoted_at = GetTickCount64();
     }
   return g_quoted_at > 0 && GetTickCount64() - g_quoted_at < (ulong)FRESH_SECONDS * 1000;
  }

string Clock()
  {
   return ",\"offset\":" + IntegerToString(Offset()) + ",\"offset_valid\":" + JsonBool(OffsetValid());
  }

// The account that the terminal is logged in to, or an empty text.
string AccountName()
  {
   long login = AccountInfoInteger(ACCOUNT_LOGIN);
   if(login == 0 || AccountInfoString(ACCOUNT_CURRENCY) == "")
      return "";
   return IntegerToString(login) + "@" + AccountInfoString(ACCOUNT_SERVER);
  }

bool SayHello()
  {
   string name = AccountName();
   if(name == "")
      return false;
   if(name != g_account_name)
     {
      g_account_name = name;
      g_trader.Open("fxpaper-" + IntegerToString(AccountInfoInteger(ACCOUNT_LOGIN)) + ".journal", InpAllowTrading);
     }
   string body = "{" + Numbered() + Clock();
   body += ",\"token\":" + JsonText(InpToken);
   body += ",\"ea\":" + JsonText(EA_VERSION);
   body += ",\"build\":" + IntegerToString(TerminalInfoInteger(TERMINAL_BUILD));
   body += ",\"login\":" + JsonText(IntegerToString(AccountInfoInteger(ACCOUNT_LOGIN)));
   body += ",\"server\":" + JsonText(AccountInfoString(ACCOUNT_SERVER));
   body += ",\"company\":" + JsonText(AccountInfoString(ACCOUNT_COMPANY));
   body += ",\"currency\":" + JsonText(AccountInfoString(ACCOUNT_CURRENCY));
   body += ",\"margin_mode\":" + IntegerToString(AccountInfoInteger(ACCOUNT_MARGIN_MODE));
   body += ",\"trade_mode\":" + IntegerToString(AccountInfoInteger(ACCOUNT_TRADE_MODE));
   body += ",\"balance\":" + DoubleToString(AccountInfoDouble(ACCOUNT_BALANCE), (int)AccountInfoInteger(ACCOUNT_CURRENCY_DIGITS));
   body += ",\"leverage\":" + IntegerToString(AccountInfoInteger(ACCOUNT_LEVERAGE));
   body += ",\"epoch\":" + JsonText(g_epoch + "-" + IntegerToString(g_lines)) + "}";
   return g_line.Say("hello", body);
  }

bool Describe(const string symbol)
  {
   int digits = (int)SymbolInfoInteger(symbol, SYMBOL_DIGITS);
   string body = "{" + Numbered();
   body += ",\"symbol\":" + JsonText(symbol);
   body += ",\"digits\":" + IntegerToString(digits);
   body += ",\"point\":" + DoubleToString(SymbolInfoDouble(symbol, SYMBOL_POINT), digits);
   body += ",\"contract\":" + DoubleToString(SymbolInfoDouble(symbol, SYMBOL_TRADE_CONTRACT_SIZE), 2);
   body += ",\"vol_min\":" + DoubleToString(SymbolInfoDouble(symbol, SYMBOL_VOLUME_MIN), 4);
   body += ",\"vol_max\":" + DoubleToString(SymbolInfoDouble(symbol, SYMBOL_VOLUME_MAX), 4);
   body += ",\"vol_step\":" + DoubleToString(SymbolInfoDouble(symbol, SYMBOL_VOLUME_STEP), 4);
   body += ",\"stops\":" + IntegerToString(SymbolInfoInteger(symbol, SYMBOL_TRADE_STOPS_LEVEL));
   body += ",\"filling\":" + IntegerToString(SymbolInfoInteger(symbol, SYMBOL_FILLING_MODE));
   body += ",\"exemode\":" + IntegerToString(SymbolInfoInteger(symbol, SYMBOL_TRADE_EXEMODE));
   body += ",\"trade_mode\":" + IntegerToString(SymbolInfoInteger(symbol, SYMBOL_TRADE_MODE));
   body += ",\"calc_mode\":" + IntegerToString(SymbolInfoInteger(symbol, SYMBOL_TRADE_CALC_MODE));
   body += ",\"swap_mode\":" + IntegerToString(SymbolInfoInteger(symbol, SYMBOL_SWAP_MODE));
   body += ",\"swap_long\":" + DoubleToString(SymbolInfoDouble(symbol, SYMBOL_SWAP_LONG), 4);
   body += ",\"swap_short\":" + DoubleToString(SymbolInfoDouble(symbol, SYMBOL_SWAP_SHORT), 4);
   body += ",\"swap_triple\":" + IntegerToString(SymbolInfoInteger(symbol, SYMBOL_SWAP_ROLLOVER3DAYS));
   body += ",\"base\":" + JsonText(SymbolInfoString(symbol, SYMBOL_CURRENCY_BASE));
   body += ",\"profit\":" + JsonText(SymbolInfoString(symbol, SYMBOL_CURRENCY_PROFIT));
   body += ",\"margin\":" + JsonText(SymbolInfoString(symbol, SYMBOL_CURRENCY_MARGIN));
   body += ",\"path\":" + JsonText(SymbolInfoString(symbol, SYMBOL_PATH));
   body += ",\"selected\":" + JsonBool(SymbolInfoInteger(symbol, SYMBOL_SELECT) != 0) + "}";
   return g_line.Say("spec", body);
  }

void DescribeAll()
  {
   int total = SymbolsTotal(false);
   for(int i = 0; i < total; i++)
      if(!Describe(SymbolName(i, false)))
         return;
  }

// What the daemon's clock shows: messages may have waited, but none comes early. Of two stretches of
// time, so that a clock that was set back is believed after a while.
void Hear(const string body)
  {
   ulong now = GetTickCount64();
   long ahead = JsonGetLong(body, "t", 0) - (long)now;
   if(g_ahead_at == 0 || now - g_ahead_at > (ulong)AHEAD_MS)
     {
      g_ahead_before = g_ahead_at == 0 ? ahead : g_ahead;
      g_ahead = ahead;
      g_ahead_at = now;
     }
   if(ahead > g_ahead)
      g_ahead = ahead;
  }

long DaemonNow()
  {
   return (long)GetTickCount64() + (g_ahead > g_ahead_before ? g_ahead : g_ahead_before);
  }

// Tell the account, after the deals that the daemon does not know yet.
void TellAccount()
  {
   // Without its broker a terminal may have nothing, which is not what the account has.
   if(TerminalInfoInteger(TERMINAL_CONNECTED) == 0 || AccountName() != g_account_name)
      return;
   if(InpAllowTrading)
      g_trader.Reopen();
   g_told_at = GetTickCount64();
   g_traded = false;
   g_account.Learn();
   int total = g_account.Choose(g_deals_since);
   int place = 0;
   while(place < total)
     {
      string rows = g_account.Deals(place, total);
      if(rows != "" && !g_line.Say("deals", "{" + Numbered() + ",\"rows\":[" + rows + "]}"))
         return;
     }
   g_line.Say("acct", "{" + Numbered() + "," + g_account.Now(g_trader.Closed()) + "}");
  }

void Carry(const string body)
  {
   if(AccountName() != g_account_name)
     {
      g_line.Close();
      return;
     }
   string made = g_trader.Carry(body, DaemonNow());
   g_line.Say("res", "{" + Numbered() + "," + made + "}");
   g_traded = true;
  }

void TellBars(const string body)
  {
   string symbol = JsonGetText(body, "sym");
   string rows = BarRows(symbol, (int)JsonGetLong(body, "minutes", 0), JsonGetLong(body, "begins", 0), JsonGetLong(body, "ends", 0));
   string made = "{" + Numbered() + ",\"req\":" + IntegerToString(JsonGetLong(body, "req", 0)) + ",\"sym\":" + JsonText(symbol);
   g_line.Say("bars", made + ",\"rows\":[" + rows + "]}");
  }

void Heed(const string kind, const string body)
  {
   Hear(body);
   if(kind == "welcome")
     {
      g_welcome = true;
      g_refusal = "";
      g_tries = 0;
      g_ticks.Forget();
      DescribeAll();
     }
   else if(kind == "reject")
     {
      g_refusal = JsonGetText(body, "why");
      g_welcome = false;
      g_line.Close();
     }
   else if(kind == "sub")
      g_ticks.Want(body);
   else if(kind == "cmd")
     {
      int size = ArraySize(g_commands);
      ArrayResize(g_commands, size + 1);
      g_commands[size] = body;
     }
   else if(kind == "look")
     {
      g_watched = true;
      g_deals_since = JsonGetLong(body, "since", 0);
      TellAccount();
     }
   else if(kind == "hist")
      TellBars(body);
  }

void HandOver()
  {
   for(int i = 0; i < g_ticks.Total(); i++)
     {
      string symbol = "";
      long count = 0;
      string ticks = g_ticks.Next(i, symbol, count);
      if(ticks == "")
         continue;
      string taken = OffsetValid() ? ",\"offset\":" + IntegerToString(Offset()) : "";
      string body = "{" + Numbered() + taken + ",\"sym\":" + JsonText(symbol) + ",\"n\":" + IntegerToString(count) + ",\"ticks\":[" + ticks + "]}";
      if(!g_line.Say("ticks", body))
         return;
     }
  }

void Beat()
  {
   ulong now = GetTickCount64();
   if(now - g_beat_at < (ulong)BEAT_MS)
      return;
   g_beat_at = now;
   string body = "{" + Numbered() + Clock();
   body += ",\"connected\":" + JsonBool(TerminalInfoInteger(TERMINAL_CONNECTED) != 0);
   body += ",\"trade_allowed\":" + JsonBool(g_trader.Closed() == "") + "}";
   g_line.Say("hb", body);
  }

// The pause before the next try, milliseconds: longer each time, and never the same for two.
int Pause()
  {
   int pause = 10000;
   if(g_tries <= 1)
      pause = 250;
   else if(g_tries == 2)
      pause = 500;
   else if(g_tries == 3)
      pause = 1000;
   else if(g_tries == 4)
      pause = 2000;
   else if(g_tries == 5)
      pause = 5000;
   return pause * (80 + MathRand() % 40) / 100;
  }

void Dial()
  {
   ulong now = GetTickCount64();
   if(now < g_try_at)
      return;
   g_tries++;
   g_try_at = now + (ulong)Pause();
   g_said_hello = false;
   g_welcome = false;
   g_watched = false;
   g_ahead_at = 0;
   ArrayResize(g_commands, 0);
   g_number = 0;
   g_lines++;
   string identity = "ea-" + IntegerToString(AccountInfoInteger(ACCOUNT_LOGIN)) + "-" + IntegerToString(ChartID());
   g_line.Open(InpHost, InpPort, identity);
  }

void Show()
  {
   string text = "fxpaper: ";
   if(g_welcome)
     {
      text += "connected to " + InpHost + ":" + IntegerToString(InpPort) + ", " + IntegerToString(g_ticks.Total()) + " symbols wanted";
      string closed = g_trader.Closed();
      text += closed == "" ? "; carries orders out" : "; no orders: " + closed;
     }
   else if(g_refusal != "")
      text += "refused: " + g_refusal;
   else if(g_line.Error() != "")
      text += g_line.Error();
   else if(AccountName() == "")
      text += "waiting for the terminal to log in";
   else
      text += "connecting to " + InpHost + ":" + IntegerToString(InpPort);
   Comment(text);
  }

void Work()
  {
   if(g_said_hello && AccountName() != g_account_name)
      g_line.Close();
   if(g_line.State() == LINE_CLOSED)
      Dial();
   else if(g_line.Poll())
     {
      string kind = "";
      string body = "";
      while(g_line.Next(kind, body))
         Heed(kind, body);
      // Only now: what came after a command tells how old it is.
      g_line.Flush();
      for(int i = 0; i < ArraySize(g_commands); i++)
        {
         // A broker may take its time, and the daemon waits for a sign of life.
         Carry(g_commands[i]);
         g_line.Flush();
        }
      ArrayResize(g_commands, 0);
      if(g_line.State() == LINE_OPEN && !g_said_hello)
         g_said_hello = SayHello();
      if(g_welcome)
        {
         HandOver();
         Beat();
         if(g_watched && g_traded && GetTickCount64() - g_told_at >= (ulong)TRADE_MS)
            TellAccount();
        }
      g_line.Flush();
      if(g_line.State() != LINE_CLOSED && GetTickCount64() - g_line.HeardAt() > (ulong)SILENCE_MS)
         g_line.Close();
     }
   if(g_line.State() == LINE_CLOSED)
      g_welcome = false;
   Show();
  }

int OnInit()
  {
   MathSrand((int)GetTickCount64());
   string wrong = g_line.Keys(InpServerKey, InpPublicKey, InpSecretKey);
   if(wrong == "" && InpPlain)
      wrong = g_line.Plain(InpToken);
   if(wrong != "")
     {
      Comment("fxpaper: " + wrong);
      Print("fxpaper: " + wrong);
      return INIT_PARAMETERS_INCORRECT;
     }
   g_account_name = "";
   g_said_hello = false;
   g_account.Learn();
   g_trader.Set(InpAllowTrading, InpDemoOnly, InpMaxLots, InpMaxPositions, InpSymbols, InpDailyLoss);
   g_epoch = IntegerToString((long)TimeGMT()) + "-" + IntegerToString((long)(GetTickCount64() % 100000));
   if(!EventSetMillisecondTimer(InpTimerMs))
      return INIT_FAILED;
   return INIT_SUCCEEDED;
  }

void OnTimer()
  {
   Work();
  }

void OnTick()
  {
   if(!g_welcome)
      return;
   HandOver();
   g_line.Flush();
  }

// Only a hint: what has happened is looked up.
void OnTrade()
  {
   g_traded = true;
  }

void OnDeinit(const int reason)
  {
   EventKillTimer();
   if(g_welcome)
      g_line.Say("bye", "{" + Numbered() + ",\"reason\":" + JsonText("reason " + IntegerToString(reason)) + "}");
   g_line.Flush();
   g_line.Close();
   g_trader.Close();
   Comment("");
  }
