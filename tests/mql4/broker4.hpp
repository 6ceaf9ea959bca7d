// A broker as MetaTrader 4 shows one: tickets, open and past. It is kept in the file SHIM_BROKER after
// every change, so that it outlives the terminal.
#pragma once

const int OP_BUY = 0, OP_SELL = 1, OP_BUYLIMIT = 2, OP_SELLLIMIT = 3, OP_BUYSTOP = 4, OP_SELLSTOP = 5;
const int SELECT_BY_POS = 0, SELECT_BY_TICKET = 1, MODE_TRADES = 0, MODE_HISTORY = 1;
const int SYMBOL_TRADE_MODE_FULL = 2, SYMBOL_TRADE_MODE_CLOSEONLY = 1, ACCOUNT_TRADE_MODE_DEMO = 0;
enum ENUM_SYMBOL { SYMBOL_DIGITS, SYMBOL_POINT, SYMBOL_TRADE_CONTRACT_SIZE, SYMBOL_VOLUME_MIN, SYMBOL_VOLUME_MAX, SYMBOL_VOLUME_STEP, SYMBOL_TRADE_STOPS_LEVEL, SYMBOL_TRADE_EXEMODE, SYMBOL_TRADE_MODE, SYMBOL_TRADE_CALC_MODE, SYMBOL_CURRENCY_BASE, SYMBOL_CURRENCY_PROFIT, SYMBOL_CURRENCY_MARGIN, SYMBOL_PATH, SYMBOL_SELECT, SYMBOL_SWAP_MODE, SYMBOL_SWAP_LONG, SYMBOL_SWAP_SHORT, SYMBOL_SWAP_ROLLOVER3DAYS };
enum ENUM_ACCOUNT { ACCOUNT_LOGIN, ACCOUNT_SERVER, ACCOUNT_COMPANY, ACCOUNT_CURRENCY, ACCOUNT_TRADE_MODE, ACCOUNT_LEVERAGE, ACCOUNT_TRADE_ALLOWED, ACCOUNT_TRADE_EXPERT, ACCOUNT_BALANCE, ACCOUNT_EQUITY, ACCOUNT_MARGIN, ACCOUNT_CREDIT, ACCOUNT_PROFIT };
enum ENUM_TERMINAL { TERMINAL_BUILD, TERMINAL_CONNECTED, TERMINAL_TRADE_ALLOWED };
enum ENUM_MQL { MQL_TRADE_ALLOWED };

struct MqlTick { datetime time; double bid, ask, last; ulong volume; };

struct MqlRates { datetime time; double open, high, low, close; long tick_volume; int spread; long real_volume; };
enum ENUM_TIMEFRAMES { PERIOD_M1 = 1, PERIOD_M5 = 5, PERIOD_M15 = 15, PERIOD_M30 = 30, PERIOD_H1 = 60, PERIOD_H4 = 240, PERIOD_D1 = 1440 };

struct ShimSymbol {
  string name, base, profit;
  int digits = 5, calc_mode = 0;
  bool selected = false;
  MqlTick tick{};
};

struct ShimOrder {
  int ticket = 0, type = 0, magic = 0;
  std::string symbol = "-";
  double lots = 0, open = 0, close = 0, sl = 0, tp = 0, commission = 0, swap = 0, profit = 0;
  datetime opened = 0, closed = 0, expires = 0;
  std::string comment;
};

inline std::vector<ShimSymbol> shim_symbols;
inline std::vector<ShimOrder> shim_open, shim_past;
inline ShimOrder shim_order;
inline int shim_next = 100, shim_fail = 0;
inline bool shim_fail_done = false;
inline double shim_balance = 10000;
inline long shim_ahead = 7200;

inline datetime shim_broker_now() { return TimeGMT() + shim_ahead; }

inline void shim_put(std::ostream &to, const ShimOrder &o) {
  to << o.ticket << ' ' << o.type << ' ' << o.magic << ' ' << o.symbol << ' ' << o.lots << ' ' << o.open << ' ' << o.close << ' ' << o.sl << ' ' << o.tp << ' ' << o.commission << ' ' << o.swap << ' ' << o.profit << ' ' << o.opened << ' ' << o.closed << ' ' << o.expires << ' ' << o.comment << '\n';
}
inline void shim_keep() {
  std::string path = shim_given("SHIM_BROKER"), fresh = path + ".new";
  {
    std::ofstream to(fresh);
    to.precision(12);
    to << shim_next << ' ' << shim_balance << '\n';
    for (const ShimOrder &o : shim_open) shim_put(to, o);
    for (const ShimOrder &o : shim_past) shim_put(to, o);
  }
  std::rename(fresh.c_str(), path.c_str());
}
inline void shim_load() {
  std::ifstream from(shim_given("SHIM_BROKER"));
  std::string line;
  if (!std::getline(from, line)) return;
  std::istringstream(line) >> shim_next >> shim_balance;
  while (std::getline(from, line)) {
    ShimOrder o;
    std::istringstream words(line);
    words >> o.ticket >> o.type >> o.magic >> o.symbol >> o.lots >> o.open >> o.close >> o.sl >> o.tp >> o.commission >> o.swap >> o.profit >> o.opened >> o.closed >> o.expires;
    words.get();
    std::getline(words, o.comment);
    (o.closed ? shim_past : shim_open).push_back(o);
  }
}

inline ShimSymbol *shim_find(const string &name) {
  for (ShimSymbol &one : shim_symbols)
    if (one.name == name) return &one;
  return nullptr;
}
inline int shim_place(int ticket) {
  for (size_t i = 0; i < shim_open.size(); i++)
    if (shim_open[i].ticket == ticket) return (int)i;
  return -1;
}
inline double shim_worth(const ShimOrder &o, double price) { return std::round((o.type == OP_BUY ? price - o.open : o.open - price) * o.lots * 100000 * 100) / 100; }
inline void shim_settle(int place, double price, const std::string &comment) {
  ShimOrder o = shim_open[place];
  shim_open.erase(shim_open.begin() + place);
  o.close = price;
  o.closed = shim_broker_now();
  if (o.type <= OP_SELL) {
    o.profit = shim_worth(o, price);
    o.commission = std::round(-700 * o.lots) / 100;
    shim_balance += o.profit + o.commission + o.swap;
  }
  if (!comment.empty()) o.comment = comment;
  shim_past.push_back(o);
}
// Close a part: what remains gets a new ticket, and both comments say so.
inline void shim_split(int place, double lots, double price) {
  ShimOrder rest = shim_open[place];
  rest.lots -= lots;
  rest.ticket = shim_next++;
  rest.comment = "from #" + std::to_string(shim_open[place].ticket);
  shim_open[place].lots = lots;
  shim_settle(place, price, "to #" + std::to_string(rest.ticket));
  shim_open.push_back(rest);
}
inline bool shim_crash(const char *when) {
  const char *said = shim_given("SHIM_CRASH");
  if (said && std::string(said) == when) std::raise(SIGKILL);
  return true;
}
// What a trade ends with: as told, or well.
template <typename F> bool shim_trade(F act) {
  shim_crash("before");
  int code = shim_fail;
  shim_fail = 0;
  if (code == 0 || shim_fail_done) { act(); shim_keep(); }
  shim_crash("after");
  shim_error = code;
  return code == 0;
}

inline datetime TimeCurrent() {
  datetime latest = 0;
  for (const ShimSymbol &one : shim_symbols) latest = std::max(latest, one.tick.time);
  return latest;
}
inline bool RefreshRates() { return true; }
inline bool IsTradeContextBusy() { return false; }
inline int SymbolsTotal(bool) { return (int)shim_symbols.size(); }
inline string SymbolName(int at, bool) { return shim_symbols.at(at).name; }
inline bool SymbolSelect(const string &name, bool on) { ShimSymbol *one = shim_find(name); if (one) one->selected = on; return one != nullptr; }
inline bool SymbolInfoTick(const string &name, MqlTick &to) { ShimSymbol *one = shim_find(name); if (one) to = one->tick; return one && one->tick.time > 0; }
inline long SymbolInfoInteger(const string &name, ENUM_SYMBOL what) {
  const ShimSymbol *one = shim_find(name);
  if (!one) return 0;
  switch (what) {
  case SYMBOL_DIGITS: return one->digits;
  case SYMBOL_TRADE_CALC_MODE: return one->calc_mode;
  case SYMBOL_SELECT: return one->selected;
  case SYMBOL_TRADE_MODE: return SYMBOL_TRADE_MODE_FULL;
  case SYMBOL_TRADE_EXEMODE: return 2;
  case SYMBOL_SWAP_ROLLOVER3DAYS: return 3;
  default: return 0;
  }
}
inline double SymbolInfoDouble(const string &name, ENUM_SYMBOL what) {
  const ShimSymbol *one = shim_find(name);
  if (!one) return 0;
  switch (what) {
  case SYMBOL_POINT: return std::pow(10, -one->digits);
  case SYMBOL_TRADE_CONTRACT_SIZE: return 100000;
  case SYMBOL_VOLUME_MAX: return 100;
  case SYMBOL_SWAP_LONG: return -7.25;
  case SYMBOL_SWAP_SHORT: return 2.5;
  default: return 0.01;
  }
}
inline string SymbolInfoString(const string &name, ENUM_SYMBOL what) {
  const ShimSymbol *one = shim_find(name);
  if (!one) return u"";
  return what == SYMBOL_CURRENCY_BASE ? one->base : what == SYMBOL_PATH ? u"Forex\\Majors" : one->profit;
}
inline long ChartID() { return 131923187654321; }
// A bar for each step of the broker's past: 1.1 and one point more in each.
inline int CopyRates(const string &name, ENUM_TIMEFRAMES frame, datetime begins, datetime ends, MqlArray<MqlRates> &to) {
  to.items().clear();
  if (!shim_find(name)) return -1;
  long length = (long)frame * 60;
  for (datetime at = (begins + length - 1) / length * length; at <= std::min(ends, shim_broker_now()); at += length) {
    double open = 1.1 + (double)to.items().size() / 100000;
    to.items().push_back({at, open, open + 0.0002, open - 0.0001, open + 0.0001, 7, 0, 0});
  }
  return ArraySize(to);
}
inline double shim_floating() {
  double sum = 0;
  for (const ShimOrder &o : shim_open) {
    const ShimSymbol *one = shim_find(wide(o.symbol));
    if (one && o.type <= OP_SELL) sum += shim_worth(o, o.type == OP_BUY ? one->tick.bid : one->tick.ask);
  }
  return sum;
}
inline long AccountInfoInteger(ENUM_ACCOUNT what) {
  switch (what) {
  case ACCOUNT_LOGIN: return 123;
  case ACCOUNT_LEVERAGE: return 100;
  case ACCOUNT_TRADE_MODE: return shim_given("SHIM_REAL") ? 2 : 0;
  case ACCOUNT_TRADE_ALLOWED: return shim_given("SHIM_INVESTOR") ? 0 : 1;
  default: return 1;
  }
}
inline double AccountInfoDouble(ENUM_ACCOUNT what) {
  switch (what) {
  case ACCOUNT_BALANCE: return shim_balance;
  case ACCOUNT_EQUITY: return shim_balance + shim_floating();
  case ACCOUNT_PROFIT: return shim_floating();
  default: return 0;
  }
}
inline string AccountInfoString(ENUM_ACCOUNT what) { return what == ACCOUNT_CURRENCY ? u"USD" : what == ACCOUNT_SERVER ? u"Demo 4" : u"A \"Broker\" £"; }
inline long TerminalInfoInteger(ENUM_TERMINAL what) { return what == TERMINAL_BUILD ? 1420 : 1; }
inline long MQLInfoInteger(ENUM_MQL) { return shim_given("SHIM_NO_LIVE") ? 0 : 1; }

inline int OrdersTotal() { return (int)shim_open.size(); }
inline int OrdersHistoryTotal() { return (int)shim_past.size(); }
inline bool OrderSelect(int what, int how, int pool = MODE_TRADES) {
  if (how == SELECT_BY_POS) {
    const std::vector<ShimOrder> &from = pool == MODE_TRADES ? shim_open : shim_past;
    if (what < 0 || what >= (int)from.size()) return false;
    shim_order = from[what];
    return true;
  }
  for (const std::vector<ShimOrder> *from : {&shim_open, &shim_past})
    for (const ShimOrder &o : *from)
      if (o.ticket == what) { shim_order = o; return true; }
  return false;
}
inline int OrderTicket() { return shim_order.ticket; }
inline int OrderType() { return shim_order.type; }
inline int OrderMagicNumber() { return shim_order.magic; }
inline string OrderSymbol() { return shim_order.symbol == "-" ? u"" : wide(shim_order.symbol); }
inline double OrderLots() { return shim_order.lots; }
inline double OrderOpenPrice() { return shim_order.open; }
inline double OrderClosePrice() { return shim_order.close; }
inline double OrderStopLoss() { return shim_order.sl; }
inline double OrderTakeProfit() { return shim_order.tp; }
inline double OrderCommission() { return shim_order.commission; }
inline double OrderSwap() { return shim_order.swap; }
inline double OrderProfit() { return shim_order.profit; }
inline datetime OrderOpenTime() { return shim_order.opened; }
inline datetime OrderCloseTime() { return shim_order.closed; }
inline datetime OrderExpiration() { return shim_order.expires; }
inline string OrderComment() { return wide(shim_order.comment); }

inline int OrderSend(const string &symbol, int type, double lots, double price, int, double sl, double tp, const string &comment, int magic, datetime expires) {
  ShimOrder o;
  o.ticket = shim_next;
  o.symbol = narrow(symbol);
  o.type = type;
  o.lots = lots;
  o.open = price;
  o.sl = sl;
  o.tp = tp;
  o.magic = magic;
  o.comment = shim_given("SHIM_COMMENT") ? shim_given("SHIM_COMMENT") : narrow(comment).substr(0, 31);
  o.expires = expires;
  o.opened = shim_broker_now();
  return shim_trade([&] { shim_next++; shim_open.push_back(o); }) ? o.ticket : -1;
}
inline bool OrderClose(int ticket, double lots, double price, int) {
  int place = shim_place(ticket);
  if (place < 0) { shim_error = 4108; return false; }
  bool part = lots < shim_open[place].lots - 1e-9;
  return shim_trade([&] { part ? shim_split(place, lots, price) : shim_settle(place, price, ""); });
}
inline bool OrderCloseBy(int ticket, int other) {
  if (shim_place(ticket) < 0 || shim_place(other) < 0) { shim_error = 4108; return false; }
  return shim_trade([&] {
    double price = shim_open[shim_place(other)].open;
    shim_settle(shim_place(ticket), price, "");
    shim_open[shim_place(other)].lots = 0;
    shim_settle(shim_place(other), price, "close hedge by #" + std::to_string(ticket));
  });
}
inline bool OrderModify(int ticket, double price, double sl, double tp, datetime expires) {
  int place = shim_place(ticket);
  if (place < 0) { shim_error = 4108; return false; }
  ShimOrder &o = shim_open[place];
  if (o.sl == sl && o.tp == tp && o.open == price && o.expires == expires) { shim_error = 1; return false; }
  return shim_trade([&] { o.sl = sl; o.tp = tp; o.open = price; o.expires = expires; });
}
inline bool OrderDelete(int ticket) {
  int place = shim_place(ticket);
  if (place < 0) { shim_error = 4108; return false; }
  return shim_trade([&] { shim_settle(place, shim_open[place].open, ""); });
}
