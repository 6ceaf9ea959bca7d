//+------------------------------------------------------------------+
//| fxpaper: hands this terminal's prices to the fxpaper daemon, and |
//| carries its orders out where InpAllowTrading says so. It asks    |
//| over HTTP (WebRequest) and needs no DLL.                         |
//|                                                                  |
//| Tools > Options > Expert Advisors > Allow WebRequest for listed  |
//| URL: the daemon's address, then put it on one chart.             |
//+------------------------------------------------------------------+
#property copyright "The fxpaper authors"
#property link      "https://github.com/fxpaper/fxpaper"
#property version   "0.10"
#property description "Hands this terminal's prices to the fxpaper daemon, and carries its orders out."
#property strict

input string InpUrl = "http://127.0.0.1:8765"; // Address of the daemon, with mt4 = true
input string InpToken = "";              // From the file token in its data directory
input bool   InpAllowTrading = false;    // Carry orders out
input bool   InpDemoOnly = true;         // Never on an account with real money
input double InpMaxLots = 1.0;           // Largest order, lots
input int    InpMaxPositions = 10;       // Most positions and waiting orders
input string InpSymbols = "";            // Only these, with commas between; empty: all
input double InpDailyLoss = 0;           // Opens nothing after this loss in a day; 0: any
input int    InpTimerMs = 100;           // How often the daemon is asked

#include "fxpaper/json.mqh"
#include "fxpaper/clocks.mqh"
#include "fxpaper/polls.mqh"
#include "fxpaper/ticks.mqh"
#include "fxpaper/bars.mqh"
#include "fxpaper/journal.mqh"
#include "fxpaper/orders.mqh"
#include "fxpaper/trade.mqh"

const string EA_VERSION = "0.10";
const int    BEAT_MS = 1000;
const int    ROUNDS = 4;
const int    CLOCK_MS = 5000;

CClocks  g_clocks;
CPolls   g_polls;
CTicks   g_ticks;
CJournal g_journal;
COrders  g_orders;
CTrade   g_trade;
long     g_number = 0;
bool     g_welcome = false;
string   g_refusal = "";
int      g_described = 0;
bool     g_looks = false;      // whether the daemon has asked for the account
bool     g_look_due = false;
datetime g_look_since = 0;
string   g_signature = "";
bool     g_beat_due = true;
ulong    g_beat_at = 0;
ulong    g_welcome_at = 0;
ulong    g_try_at = 0;
int      g_tries = 0;
int      g_lines = 0;

void Say(const string kind, const string fields)
  {
   string body = "{\"v\":1,\"s\":" + IntegerToString(g_number) + ",\"t\":" + IntegerToString((long)TimeGMT() * 1000);
   g_number++;
   g_polls.Say(kind, body + fields + "}");
  }

void SayHello(const string name)
  {
   string body = g_clocks.Offset();
   body += ",\"token\":" + JsonText(InpToken);
   body += ",\"ea\":" + JsonText("mt4 " + EA_VERSION);
   body += ",\"build\":" + IntegerToString(TerminalInfoInteger(TERMINAL_BUILD));
   body += ",\"login\":" + JsonText(IntegerToString(AccountInfoInteger(ACCOUNT_LOGIN)));
   body += ",\"server\":" + JsonText(AccountInfoString(ACCOUNT_SERVER));
   body += ",\"company\":" + JsonText(AccountInfoString(ACCOUNT_COMPANY));
   body += ",\"currency\":" + JsonText(AccountInfoString(ACCOUNT_CURRENCY));
   body += ",\"margin_mode\":2";
   body += ",\"trade_mode\":" + IntegerToString(AccountInfoInteger(ACCOUNT_TRADE_MODE));
   body += ",\"leverage\":" + IntegerToString(AccountInfoInteger(ACCOUNT_LEVERAGE));
   body += ",\"balance\":" + DoubleToString(AccountInfoDouble(ACCOUNT_BALANCE), 2);
   body += ",\"epoch\":" + JsonText(name);
   Say("hello", body);
  }

// MetaTrader 4 numbers some things unlike MetaTrader 5, whose numbers the messages have.
int CalcMode(const long mode)
  {
   return mode == 1 ? 2 : (mode == 2 ? 1 : (int)mode);
  }

int SwapMode(const long mode)
  {
   return mode == 0 ? 1 : (mode == 1 ? 2 : (mode == 2 ? 5 : 3));
  }

int TradeMode(const long mode)
  {
   return mode == SYMBOL_TRADE_MODE_FULL ? 4 : (mode == SYMBOL_TRADE_MODE_CLOSEONLY ? 3 : 0);
  }

void Describe(const string symbol)
  {
   int digits = (int)SymbolInfoInteger(symbol, SYMBOL_DIGITS);
   string body = ",\"symbol\":" + JsonText(symbol);
   body += ",\"digits\":" + IntegerToString(digits);
   body += ",\"point\":" + DoubleToString(SymbolInfoDouble(symbol, SYMBOL_POINT), digits);
   body += ",\"contract\":" + DoubleToString(SymbolInfoDouble(symbol, SYMBOL_TRADE_CONTRACT_SIZE), 2);
   body += ",\"vol_min\":" + DoubleToString(SymbolInfoDouble(symbol, SYMBOL_VOLUME_MIN), 4);
   body += ",\"vol_max\":" + DoubleToString(SymbolInfoDouble(symbol, SYMBOL_VOLUME_MAX), 4);
   body += ",\"vol_step\":" + DoubleToString(SymbolInfoDouble(symbol, SYMBOL_VOLUME_STEP), 4);
   body += ",\"stops\":" + IntegerToString(SymbolInfoInteger(symbol, SYMBOL_TRADE_STOPS_LEVEL));
   body += ",\"exemode\":" + IntegerToString(SymbolInfoInteger(symbol, SYMBOL_TRADE_EXEMODE));
   body += ",\"trade_mode\":" + IntegerToString(TradeMode(SymbolInfoInteger(symbol, SYMBOL_TRADE_MODE)));
   body += ",\"calc_mode\":" + IntegerToString(CalcMode(SymbolInfoInteger(symbol, SYMBOL_TRADE_CALC_MODE)));
   body += ",\"swap_mode\":" + IntegerToString(SwapMode(SymbolInfoInteger(symbol, SYMBOL_SWAP_MODE)));
   body += ",\"swap_long\":" + DoubleToString(SymbolInfoDouble(symbol, SYMBOL_SWAP_LONG), 4);
   body += ",\"swap_short\":" + DoubleToString(SymbolInfoDouble(symbol, SYMBOL_SWAP_SHORT), 4);
   body += ",\"swap_triple\":" + IntegerToString(SymbolInfoInteger(symbol, SYMBOL_SWAP_ROLLOVER3DAYS));
   body += ",\"base\":" + JsonText(SymbolInfoString(symbol, SYMBOL_CURRENCY_BASE));
   body += ",\"profit\":" + JsonText(SymbolInfoString(symbol, SYMBOL_CURRENCY_PROFIT));
   body += ",\"margin\":" + JsonText(SymbolInfoString(symbol, SYMBOL_CURRENCY_MARGIN));
   body += ",\"path\":" + JsonText(SymbolInfoString(symbol, SYMBOL_PATH));
   body += ",\"selected\":" + JsonBool(SymbolInfoInteger(symbol, SYMBOL_SELECT) != 0);
   Say("spec", body);
  }

// All symbols before the first sign of life, which says that the terminal is ready; in several
// polls where there are many.
bool DescribeAll()
  {
   int total = SymbolsTotal(false);
   while(g_described < total)
     {
      if(!g_polls.HasRoom())
         return false;
      string symbol = SymbolName(g_described, false);
      if(g_trade.Serves(symbol))
         Describe(symbol);
      g_described++;
     }
   return true;
  }

void HandOver()
  {
   for(int i = 0; i < g_ticks.Total(); i++)
     {
      string symbol = "";
      long count = 0;
      string tick = g_ticks.Next(i, symbol, count);
      if(tick != "")
         Say("ticks", ",\"sym\":" + JsonText(symbol) + ",\"n\":" + IntegerToString(count) + ",\"ticks\":[" + tick + "]");
     }
  }

void Beat()
  {
   ulong now = g_clocks.Elapsed();
   if(!g_beat_due && now - g_beat_at < (ulong)BEAT_MS)
      return;
   g_beat_due = false;
   g_beat_at = now;
   string body = g_clocks.Offset();
   body += ",\"connected\":" + JsonBool(TerminalInfoInteger(TERMINAL_CONNECTED) != 0);
   body += ",\"trade_allowed\":" + JsonBool(g_trade.Forbids(g_journal) == "");
   Say("hb", body);
  }

// Deals and the account: when they are asked for, and by itself when something has changed.
void Look()
  {
   if(!g_looks)
      return;
   // Times make no sense before the broker's clock is known; where it is not quoted they must do.
   if(!g_clocks.IsTold() && g_clocks.Elapsed() - g_welcome_at < (ulong)CLOCK_MS)
      return;
   string signature = g_orders.Signature();
   if(!g_look_due && signature == g_signature)
      return;
   g_look_due = false;
   g_signature = signature;
   string rows[];
   datetime since = g_look_since > 0 ? g_look_since : TimeCurrent() - 86400;
   g_orders.Deals(rows, g_journal, since);
   for(int i = 0; i < ArraySize(rows); i++)
      Say("deals", ",\"rows\":[" + rows[i] + "]");
   string forbids = g_trade.Forbids(g_journal);
   string body = ",\"balance\":" + DoubleToString(AccountInfoDouble(ACCOUNT_BALANCE), 2);
   body += ",\"equity\":" + DoubleToString(AccountInfoDouble(ACCOUNT_EQUITY), 2);
   body += ",\"margin\":" + DoubleToString(AccountInfoDouble(ACCOUNT_MARGIN), 2);
   body += ",\"credit\":" + DoubleToString(AccountInfoDouble(ACCOUNT_CREDIT), 2);
   body += ",\"trade\":" + JsonBool(forbids == "") + ",\"why\":" + JsonText(forbids);
   body += ",\"positions\":[" + g_orders.Positions(g_journal) + "]";
   body += ",\"orders\":[" + g_orders.Waiting(g_journal) + "]";
   Say("acct", body);
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

void Wait()
  {
   g_tries++;
   g_try_at = g_clocks.Elapsed() + (ulong)Pause();
  }

void HangUp()
  {
   g_polls.Close();
   g_welcome = false;
   g_looks = false;
  }

void Dial()
  {
   g_journal.Open(IntegerToString(AccountInfoInteger(ACCOUNT_LOGIN)), AccountInfoString(ACCOUNT_SERVER));
   if(g_journal.HasOffset())
      g_clocks.Recall(g_journal.Offset());
   g_clocks.ForgetDaemon();
   g_lines++;
   // The chart, and a turn of its own each time.
   string name = IntegerToString(AccountInfoInteger(ACCOUNT_LOGIN)) + "-" + IntegerToString(ChartID());
   name += "." + IntegerToString((long)TimeGMT()) + "-" + IntegerToString((long)(GetMicrosecondCount() % 1000000)) + "-" + IntegerToString(g_lines);
   g_polls.Open(InpUrl, InpToken, name);
   g_number = 0;
   g_welcome = false;
   g_described = 0;
   g_looks = false;
   g_look_due = false;
   g_beat_due = true;
   g_ticks.Forget();
   SayHello(name);
  }

void Heed(const string kind, const string body)
  {
   g_clocks.Hear(JsonGetLong(body, "t", 0));
   if(kind == "welcome")
     {
      g_welcome = true;
      g_welcome_at = g_clocks.Elapsed();
      g_refusal = "";
      g_tries = 0;
     }
   else if(kind == "reject")
     {
      g_refusal = JsonGetText(body, "why");
      string code = JsonGetText(body, "code");
      HangUp();
      // The daemon was restarted, or has forgotten this line: begin anew at once.
      if(code != "hello" && code != "line")
         Wait();
     }
   else if(kind == "sub")
     {
      string names[];
      JsonGetList(body, "symbols", names);
      g_ticks.Want(names);
     }
   else if(kind == "look")
     {
      g_looks = true;
      g_look_due = true;
      g_look_since = (datetime)(JsonGetLong(body, "since", 0) / 1000);
     }
   else if(kind == "hist")
     {
      string symbol = JsonGetText(body, "sym");
      string bars = BarRows(symbol, (int)JsonGetLong(body, "minutes", 0), JsonGetLong(body, "begins", 0), JsonGetLong(body, "ends", 0));
      Say("bars", ",\"req\":" + IntegerToString(JsonGetLong(body, "req", 0)) + ",\"sym\":" + JsonText(symbol) + ",\"rows\":[" + bars + "]");
     }
   else if(kind == "cmd")
     {
      Say("res", g_trade.Carry(body, g_journal, g_clocks));
      g_look_due = true;
     }
  }

void Listen(const string answer)
  {
   int at = 0;
   string kind = "";
   string body = "";
   while(g_polls.IsOpen() && JsonNextPair(answer, at, kind, body))
      Heed(kind, body);
  }

// One poll; false when there is no use in another at once.
bool Round()
  {
   if(g_welcome && g_polls.HasRoom() && DescribeAll())
     {
      HandOver();
      Beat();
      Look();
     }
   string answer = "";
   ENUM_POLL outcome = g_polls.Exchange(answer);
   if(outcome == POLL_ANSWERED)
     {
      if(g_welcome)
         g_tries = 0;
      Listen(answer);
      return g_polls.IsOpen() && g_polls.HasToSay();
     }
   if(outcome == POLL_REFUSED)
      HangUp();
   Wait();
   return false;
  }

void Show()
  {
   string text = "fxpaper: ";
   string forbids = g_trade.Forbids(g_journal);
   if(AccountInfoInteger(ACCOUNT_LOGIN) == 0)
      text += "the terminal is not logged in";
   else if(g_polls.Error() != "")
      text += g_polls.Error();
   else if(g_welcome)
      text += "connected to " + InpUrl + ", " + IntegerToString(g_ticks.Wanted()) + " symbols wanted; " + (forbids == "" ? "orders are carried out" : "no orders: " + forbids);
   else if(g_refusal != "")
      text += "refused: " + g_refusal;
   else
      text += "connecting to " + InpUrl;
   Comment(text);
  }

void Watch()
  {
   if(!g_clocks.Watch())
      return;
   g_journal.KeepOffset(g_clocks.Ahead());
   g_beat_due = true;
  }

void Work()
  {
   Watch();
   if(g_clocks.Elapsed() < g_try_at)
      return;
   if(!g_polls.IsOpen() && AccountInfoInteger(ACCOUNT_LOGIN) != 0)
      Dial();
   for(int i = 0; i < ROUNDS && g_polls.IsOpen() && Round(); i++)
      Watch();
   Show();
  }

int OnInit()
  {
   MathSrand((int)(GetTickCount() & 32767));
   // Another account or other inputs start this anew with what the variables held before.
   g_clocks.ForgetBroker();
   g_refusal = "";
   g_tries = 0;
   g_try_at = 0;
   if(!EventSetMillisecondTimer(InpTimerMs))
      return INIT_FAILED;
   return INIT_SUCCEEDED;
  }

void OnTimer()
  {
   Work();
  }

void OnDeinit(const int reason)
  {
   EventKillTimer();
   string answer = "";
   if(g_welcome && g_polls.HasRoom())
     {
      Say("bye", ",\"reason\":" + JsonText("reason " + IntegerToString(reason)));
      g_polls.Exchange(answer);
     }
   HangUp();
   g_journal.Close();
   Comment("");
  }
