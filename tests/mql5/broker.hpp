// A broker behind the terminal: hedging or netting, market execution, its books in a file so that
// they outlive the Expert Advisor. Forced answers: the next OrderSends return them; "10012!" carries
// the request out and says timeout all the same.
#pragma once

enum ENUM_TRADE_ACTION { TRADE_ACTION_NONE = 0, TRADE_ACTION_DEAL = 1, TRADE_ACTION_PENDING = 5, TRADE_ACTION_SLTP = 6, TRADE_ACTION_MODIFY = 7, TRADE_ACTION_REMOVE = 8, TRADE_ACTION_CLOSE_BY = 10 };
enum ENUM_ORDER_TYPE { ORDER_TYPE_BUY, ORDER_TYPE_SELL, ORDER_TYPE_BUY_LIMIT, ORDER_TYPE_SELL_LIMIT, ORDER_TYPE_BUY_STOP, ORDER_TYPE_SELL_STOP, ORDER_TYPE_BUY_STOP_LIMIT, ORDER_TYPE_SELL_STOP_LIMIT, ORDER_TYPE_CLOSE_BY };
enum ENUM_ORDER_TYPE_FILLING { ORDER_FILLING_FOK, ORDER_FILLING_IOC, ORDER_FILLING_RETURN };
enum ENUM_ORDER_TYPE_TIME { ORDER_TIME_GTC, ORDER_TIME_DAY, ORDER_TIME_SPECIFIED };
enum ENUM_POSITION { POSITION_IDENTIFIER, POSITION_TYPE, POSITION_TIME_MSC, POSITION_MAGIC, POSITION_VOLUME, POSITION_PRICE_OPEN, POSITION_SL, POSITION_TP, POSITION_SWAP, POSITION_SYMBOL };
enum ENUM_ORDER { ORDER_MAGIC, ORDER_TYPE, ORDER_TIME_SETUP_MSC, ORDER_TIME_EXPIRATION, ORDER_VOLUME_CURRENT, ORDER_PRICE_OPEN, ORDER_PRICE_STOPLIMIT, ORDER_SL, ORDER_TP, ORDER_SYMBOL };
enum ENUM_DEAL { DEAL_ORDER, DEAL_POSITION_ID, DEAL_TYPE, DEAL_ENTRY, DEAL_TIME_MSC, DEAL_MAGIC, DEAL_REASON, DEAL_VOLUME, DEAL_PRICE, DEAL_COMMISSION, DEAL_FEE, DEAL_SWAP, DEAL_PROFIT, DEAL_SYMBOL, DEAL_COMMENT };
const int POSITION_TYPE_SELL = 1, ACCOUNT_TRADE_MODE_DEMO = 0;
const uint TRADE_RETCODE_PLACED = 10008, TRADE_RETCODE_DONE = 10009, TRADE_RETCODE_DONE_PARTIAL = 10010, TRADE_RETCODE_ERROR = 10011, TRADE_RETCODE_TIMEOUT = 10012, TRADE_RETCODE_NO_CHANGES = 10025, TRADE_RETCODE_INVALID_FILL = 10030, TRADE_RETCODE_CONNECTION = 10031;

struct MqlTradeRequest {
  ENUM_TRADE_ACTION action = TRADE_ACTION_NONE;
  ulong magic = 0, order = 0;
  string symbol;
  double volume = 0, price = 0, stoplimit = 0, sl = 0, tp = 0;
  ulong deviation = 0;
  ENUM_ORDER_TYPE type = ORDER_TYPE_BUY;
  ENUM_ORDER_TYPE_FILLING type_filling = ORDER_FILLING_FOK;
  ENUM_ORDER_TYPE_TIME type_time = ORDER_TIME_GTC;
  datetime expiration = 0;
  string comment;
  ulong position = 0, position_by = 0;
};
struct MqlTradeResult {
  uint retcode = 0;
  ulong deal = 0, order = 0;
  double volume = 0, price = 0, bid = 0, ask = 0;
  string comment;
  uint request_id = 0;
};
template <typename T> void ZeroMemory(T &what) { what = T(); }

struct ShimPosition { long id; std::string symbol; int type; double lots, price, sl, tp, swap; long time; ulong magic; };
struct ShimOrder { long ticket; std::string symbol; int type; double lots, price, limit, sl, tp; long time, expires; ulong magic; };
struct ShimDeal { long ticket, order, position; std::string symbol; int type, entry; double lots, price, commission, swap, profit; long time; ulong magic; int reason; std::string comment; };

struct ShimBroker {
  long next = 1000;
  double balance = 10000;
  bool netting = false;
  long flags = 3;
  int trade_mode = 0;
  std::vector<ShimPosition> positions;
  std::vector<ShimOrder> orders;
  std::vector<ShimDeal> deals;
  std::vector<std::string> forced;
  std::vector<MqlTradeRequest> asked;
};
inline ShimBroker shim_broker;
inline size_t shim_position = 0, shim_order = 0;
inline std::vector<size_t> shim_history;
inline bool shim_traded = false;
inline long shim_login = 123;

inline const char *shim_books() { return std::getenv("SHIM_BROKER"); }
inline std::string shim_word(const std::string &text) {
  std::string made = text.empty() ? "-" : text;
  for (char &one : made) if (one == ' ') one = '_';
  return made;
}
inline std::string shim_unword(const std::string &text) { return text == "-" ? "" : text; }

inline void shim_keep() {
  if (!shim_books()) return;
  std::ostringstream made;
  made.precision(17);
  made << "broker " << shim_broker.next << " " << shim_broker.balance << "\n";
  for (auto &p : shim_broker.positions)
    made << "position " << p.id << " " << p.symbol << " " << p.type << " " << p.lots << " " << p.price << " " << p.sl << " " << p.tp << " " << p.swap << " " << p.time << " " << p.magic << "\n";
  for (auto &o : shim_broker.orders)
    made << "order " << o.ticket << " " << o.symbol << " " << o.type << " " << o.lots << " " << o.price << " " << o.limit << " " << o.sl << " " << o.tp << " " << o.time << " " << o.expires << " " << o.magic << "\n";
  for (auto &d : shim_broker.deals)
    made << "deal " << d.ticket << " " << d.order << " " << d.position << " " << shim_word(d.symbol) << " " << d.type << " " << d.entry << " " << d.lots << " " << d.price << " " << d.commission << " " << d.swap << " " << d.profit << " " << d.time << " " << d.magic << " " << d.reason << " " << shim_word(d.comment) << "\n";
  std::string name = shim_books(), fresh = name + ".new";
  FILE *file = std::fopen(fresh.c_str(), "w");
  std::fputs(made.str().c_str(), file);
  std::fclose(file);
  std::rename(fresh.c_str(), name.c_str());
}
inline void shim_load() {
  FILE *file = shim_books() ? std::fopen(shim_books(), "r") : nullptr;
  if (!file) return;
  char line[1024];
  while (std::fgets(line, sizeof line, file)) {
    std::istringstream in(line);
    std::string kind;
    in >> kind;
    if (kind == "broker") in >> shim_broker.next >> shim_broker.balance;
    else if (kind == "position") {
      ShimPosition p;
      in >> p.id >> p.symbol >> p.type >> p.lots >> p.price >> p.sl >> p.tp >> p.swap >> p.time >> p.magic;
      shim_broker.positions.push_back(p);
    } else if (kind == "order") {
      ShimOrder o;
      in >> o.ticket >> o.symbol >> o.type >> o.lots >> o.price >> o.limit >> o.sl >> o.tp >> o.time >> o.expires >> o.magic;
      shim_broker.orders.push_back(o);
    } else if (kind == "deal") {
      ShimDeal d;
      in >> d.ticket >> d.order >> d.position >> d.symbol >> d.type >> d.entry >> d.lots >> d.price >> d.commission >> d.swap >> d.profit >> d.time >> d.magic >> d.reason >> d.comment;
      d.symbol = shim_unword(d.symbol);
      d.comment = shim_unword(d.comment);
      shim_broker.deals.push_back(d);
    }
  }
  std::fclose(file);
}

// The process ends here, as if by kill -9, at the step that the test has named.
inline void shim_step(const char *what) {
  static int steps = 0;
  const char *at = std::getenv("SHIM_DIE_AT");
  steps++;
  if (at && std::atoi(at) == steps) {
    std::cout << "print: dies at step " << steps << ", " << what << std::endl;
    kill(getpid(), SIGKILL);
  }
}

inline long shim_broker_ms() { return shim_now_ms() + shim_ahead * 1000; }
inline MqlTick shim_last(const std::string &symbol) {
  const ShimSymbol *one = shim_find(wide(symbol));
  return one && !one->ticks.empty() ? one->ticks.back() : MqlTick{};
}
inline double shim_worth(const ShimPosition &p, double price) {
  return (p.type == 0 ? price - p.price : p.price - price) * p.lots * 100000;
}
inline double shim_cents(double amount) { return std::round(amount * 100) / 100; }

inline long shim_book(const std::string &symbol, int type, int entry, double lots, double price, long position, long order, ulong magic, int reason, const std::string &comment, double profit, double swap) {
  double commission = type > 1 ? 0 : shim_cents(-3.5 * lots);
  profit = shim_cents(profit);
  shim_broker.balance = shim_cents(shim_broker.balance + profit + commission + swap);
  long ticket = shim_broker.next++;
  shim_broker.deals.push_back({ticket, order, position, symbol, type, entry, lots, price, commission, swap, profit, shim_broker_ms(), magic, reason, comment});
  shim_traded = true;
  return ticket;
}
inline long shim_leave(size_t at, double lots, double price, long order, ulong magic, int reason, int entry, const std::string &comment) {
  ShimPosition &p = shim_broker.positions[at];
  double swap = shim_cents(p.swap * lots / p.lots);
  ShimPosition part = p;
  part.lots = lots;
  long deal = shim_book(p.symbol, 1 - p.type, entry, lots, price, p.id, order, magic, reason, comment, shim_worth(part, price), swap);
  p.lots -= lots;
  p.swap -= swap;
  if (p.lots < 1e-9) shim_broker.positions.erase(shim_broker.positions.begin() + (long)at);
  return deal;
}
inline long shim_deal(const MqlTradeRequest &r, const std::string &symbol, double price, long order) {
  int type = (int)r.type;
  std::string comment = narrow(r.comment);
  if (shim_broker.netting)
    for (size_t i = 0; i < shim_broker.positions.size(); i++) {
      ShimPosition &p = shim_broker.positions[i];
      if (p.symbol != symbol) continue;
      if (p.type == type) {
        p.price = (p.price * p.lots + price * r.volume) / (p.lots + r.volume);
        p.lots += r.volume;
        p.sl = r.sl;
        p.tp = r.tp;
        return shim_book(symbol, type, 0, r.volume, price, p.id, order, r.magic, 3, comment, 0, 0);
      }
      if (r.volume <= p.lots + 1e-9) return shim_leave(i, r.volume, price, order, r.magic, 3, 1, comment);
      double rest = r.volume - p.lots;
      long deal = shim_book(symbol, type, 2, r.volume, price, p.id, order, r.magic, 3, comment, shim_worth(p, price), p.swap);
      p = {p.id, symbol, type, rest, price, r.sl, r.tp, 0, shim_broker_ms(), r.magic};
      return deal;
    }
  long deal = shim_book(symbol, type, 0, r.volume, price, order, order, r.magic, 3, comment, 0, 0);
  shim_broker.positions.push_back({order, symbol, type, r.volume, price, r.sl, r.tp, 0, shim_broker_ms(), r.magic});
  return deal;
}
inline int shim_at(long id) {
  for (size_t i = 0; i < shim_broker.positions.size(); i++)
    if (shim_broker.positions[i].id == id) return (int)i;
  return -1;
}
inline uint shim_carry(const MqlTradeRequest &r, MqlTradeResult &out) {
  std::string symbol = narrow(r.symbol);
  MqlTick tick = shim_last(symbol);
  if (r.action == TRADE_ACTION_DEAL || r.action == TRADE_ACTION_PENDING) {
    if (tick.bid <= 0) return 10021;
    if (r.volume < 0.01) return 10014;
  }
  if (r.action == TRADE_ACTION_DEAL) {
    if (!(shim_broker.flags & (r.type_filling == ORDER_FILLING_FOK ? 1 : r.type_filling == ORDER_FILLING_IOC ? 2 : 0))) return 10030;
    double price = r.type == ORDER_TYPE_BUY ? tick.ask : tick.bid;
    long order = shim_broker.next++;
    out.order = (ulong)order;
    if (r.position) {
      int at = shim_at((long)r.position);
      if (at < 0) return 10036;
      out.deal = (ulong)shim_leave((size_t)at, r.volume, price, order, r.magic, 3, 1, narrow(r.comment));
    } else
      out.deal = (ulong)shim_deal(r, symbol, price, order);
    out.price = price;
    return 10009;
  }
  if (r.action == TRADE_ACTION_PENDING) {
    long ticket = shim_broker.next++;
    out.order = (ulong)ticket;
    shim_broker.orders.push_back({ticket, symbol, (int)r.type, r.volume, r.price, r.stoplimit, r.sl, r.tp, shim_broker_ms(), r.expiration, r.magic});
    shim_traded = true;
    return 10009;
  }
  if (r.action == TRADE_ACTION_SLTP) {
    int at = shim_at((long)r.position);
    if (at < 0) return 10036;
    shim_broker.positions[(size_t)at].sl = r.sl;
    shim_broker.positions[(size_t)at].tp = r.tp;
    return 10009;
  }
  if (r.action == TRADE_ACTION_CLOSE_BY) {
    int one = shim_at((long)r.position), two = shim_at((long)r.position_by);
    if (one < 0 || two < 0) return 10036;
    double price = shim_broker.positions[(size_t)two].price;
    double lots = std::min(shim_broker.positions[(size_t)one].lots, shim_broker.positions[(size_t)two].lots);
    long order = shim_broker.next++;
    shim_leave((size_t)one, lots, price, order, r.magic, 3, 3, narrow(r.comment));
    shim_leave((size_t)shim_at((long)r.position_by), lots, price, order, r.magic, 3, 3, narrow(r.comment));
    return 10009;
  }
  for (size_t i = 0; i < shim_broker.orders.size(); i++) {
    ShimOrder &o = shim_broker.orders[i];
    if (o.ticket != (long)r.order) continue;
    if (r.action == TRADE_ACTION_REMOVE) shim_broker.orders.erase(shim_broker.orders.begin() + (long)i);
    else {
      o.price = r.price;
      o.limit = r.stoplimit;
      o.sl = r.sl;
      o.tp = r.tp;
      o.expires = r.expiration;
    }
    shim_traded = true;
    return 10009;
  }
  return 10035;
}
inline bool OrderSend(const MqlTradeRequest &r, MqlTradeResult &out) {
  shim_step("before OrderSend");
  std::cout << "print: OrderSend " << (int)r.action << " " << (int)r.type_filling << std::endl;
  std::string said;
  if (!shim_broker.forced.empty()) {
    said = shim_broker.forced.front();
    shim_broker.forced.erase(shim_broker.forced.begin());
  }
  bool anyway = !said.empty() && said.back() == '!';
  if (said.empty() || anyway) out.retcode = shim_carry(r, out);
  if (!said.empty()) {
    out = MqlTradeResult();
    out.retcode = (uint)std::atoi(said.c_str());
  }
  shim_keep();
  shim_step("after OrderSend");
  return true;
}

// Levels and waiting orders that the latest tick of a symbol reaches.
inline void shim_reach(const std::string &symbol) {
  MqlTick tick = shim_last(symbol);
  for (size_t i = shim_broker.positions.size(); i-- > 0;) {
    ShimPosition p = shim_broker.positions[i];
    if (p.symbol != symbol) continue;
    double price = p.type == 0 ? tick.bid : tick.ask;
    bool stopped = p.sl > 0 && (p.type == 0 ? price <= p.sl : price >= p.sl);
    bool taken = p.tp > 0 && (p.type == 0 ? price >= p.tp : price <= p.tp);
    if (stopped || taken) shim_leave(i, p.lots, price, shim_broker.next++, p.magic, stopped ? 4 : 5, 1, stopped ? "sl" : "tp");
  }
  for (size_t i = shim_broker.orders.size(); i-- > 0;) {
    ShimOrder o = shim_broker.orders[i];
    if (o.symbol != symbol || o.type > 5) continue;
    bool buys = o.type % 2 == 0;
    double price = buys ? tick.ask : tick.bid;
    bool below = o.type == 2 || o.type == 5;
    if (below ? price > o.price : price < o.price) continue;
    shim_broker.orders.erase(shim_broker.orders.begin() + (long)i);
    MqlTradeRequest r;
    r.type = buys ? ORDER_TYPE_BUY : ORDER_TYPE_SELL;
    r.volume = o.lots;
    r.magic = o.magic;
    r.sl = o.sl;
    r.tp = o.tp;
    shim_deal(r, symbol, price, o.ticket);
  }
  shim_keep();
}

inline int PositionsTotal() { return shim_online ? (int)shim_broker.positions.size() : 0; }
inline ulong PositionGetTicket(int i) {
  if (i < 0 || i >= PositionsTotal()) return 0;
  shim_position = (size_t)i;
  return (ulong)shim_broker.positions[shim_position].id;
}
inline bool PositionSelectByTicket(ulong ticket) {
  int at = shim_at((long)ticket);
  if (at >= 0) shim_position = (size_t)at;
  return at >= 0;
}
inline long PositionGetInteger(ENUM_POSITION what) {
  const ShimPosition &p = shim_broker.positions.at(shim_position);
  return what == POSITION_IDENTIFIER ? p.id : what == POSITION_TYPE ? p.type : what == POSITION_MAGIC ? (long)p.magic : p.time;
}
inline double PositionGetDouble(ENUM_POSITION what) {
  const ShimPosition &p = shim_broker.positions.at(shim_position);
  return what == POSITION_VOLUME ? p.lots : what == POSITION_PRICE_OPEN ? p.price : what == POSITION_SL ? p.sl : what == POSITION_TP ? p.tp : p.swap;
}
inline string PositionGetString(ENUM_POSITION) { return wide(shim_broker.positions.at(shim_position).symbol); }
inline int OrdersTotal() { return (int)shim_broker.orders.size(); }
inline ulong OrderGetTicket(int i) {
  if (i < 0 || i >= OrdersTotal()) return 0;
  shim_order = (size_t)i;
  return (ulong)shim_broker.orders[shim_order].ticket;
}
inline bool OrderSelect(ulong ticket) {
  for (int i = 0; i < OrdersTotal(); i++)
    if (OrderGetTicket(i) == ticket) return true;
  return false;
}
inline long OrderGetInteger(ENUM_ORDER what) {
  const ShimOrder &o = shim_broker.orders.at(shim_order);
  return what == ORDER_MAGIC ? (long)o.magic : what == ORDER_TYPE ? o.type : what == ORDER_TIME_EXPIRATION ? o.expires : o.time;
}
inline double OrderGetDouble(ENUM_ORDER what) {
  const ShimOrder &o = shim_broker.orders.at(shim_order);
  return what == ORDER_VOLUME_CURRENT ? o.lots : what == ORDER_PRICE_OPEN ? o.price : what == ORDER_PRICE_STOPLIMIT ? o.limit : what == ORDER_SL ? o.sl : o.tp;
}
inline string OrderGetString(ENUM_ORDER) { return wide(shim_broker.orders.at(shim_order).symbol); }
inline bool HistorySelect(datetime from, datetime to) {
  shim_history.clear();
  for (size_t i = 0; i < shim_broker.deals.size(); i++)
    if (shim_broker.deals[i].time >= from * 1000 && shim_broker.deals[i].time <= to * 1000) shim_history.push_back(i);
  return true;
}
inline int HistoryDealsTotal() { return (int)shim_history.size(); }
inline ulong HistoryDealGetTicket(int i) { return i < 0 || i >= HistoryDealsTotal() ? 0 : (ulong)shim_broker.deals[shim_history[(size_t)i]].ticket; }
inline const ShimDeal &shim_deal_of(ulong ticket) {
  for (const ShimDeal &d : shim_broker.deals)
    if (d.ticket == (long)ticket) return d;
  throw std::out_of_range("no such deal");
}
inline long HistoryDealGetInteger(ulong ticket, ENUM_DEAL what) {
  const ShimDeal &d = shim_deal_of(ticket);
  return what == DEAL_ORDER ? d.order : what == DEAL_POSITION_ID ? d.position : what == DEAL_TYPE ? d.type : what == DEAL_ENTRY ? d.entry : what == DEAL_MAGIC ? (long)d.magic : what == DEAL_REASON ? d.reason : d.time;
}
inline double HistoryDealGetDouble(ulong ticket, ENUM_DEAL what) {
  const ShimDeal &d = shim_deal_of(ticket);
  return what == DEAL_VOLUME ? d.lots : what == DEAL_PRICE ? d.price : what == DEAL_COMMISSION ? d.commission : what == DEAL_SWAP ? d.swap : what == DEAL_PROFIT ? d.profit : 0;
}
inline string HistoryDealGetString(ulong ticket, ENUM_DEAL what) {
  const ShimDeal &d = shim_deal_of(ticket);
  return wide(what == DEAL_SYMBOL ? d.symbol : d.comment);
}
inline double shim_equity() {
  double sum = shim_broker.balance;
  for (const ShimPosition &p : shim_broker.positions) {
    MqlTick tick = shim_last(p.symbol);
    if (tick.bid > 0) sum += shim_worth(p, p.type == 0 ? tick.bid : tick.ask) + p.swap;
  }
  return shim_cents(sum);
}
inline double AccountInfoDouble(ENUM_ACCOUNT what) {
  if (!shim_online) return 0;
  return what == ACCOUNT_BALANCE ? shim_broker.balance : what == ACCOUNT_EQUITY ? shim_equity() : 0;
}
inline long AccountInfoInteger(ENUM_ACCOUNT what) {
  switch (what) {
  case ACCOUNT_LOGIN: return shim_login;
  case ACCOUNT_MARGIN_MODE: return shim_broker.netting ? 0 : 2;
  case ACCOUNT_LEVERAGE: return 100;
  case ACCOUNT_CURRENCY_DIGITS: return 2;
  case ACCOUNT_TRADE_ALLOWED:
  case ACCOUNT_TRADE_EXPERT: return 1;
  default: return shim_broker.trade_mode;
  }
}

// What standard input may ask of the broker by hand.
inline bool shim_by_hand(const std::string &word, std::istringstream &words) {
  long id = 0;
  if (word == "retcodes") {
    for (std::string one; words >> one;) shim_broker.forced.push_back(one);
  } else if (word == "offline") shim_online = false;
  else if (word == "online") shim_online = true;
  else if (word == "login") words >> shim_login;
  else if (word == "flags") words >> shim_broker.flags;
  else if (word == "real") shim_broker.trade_mode = 2;
  else if (word == "deposit") {
    double amount;
    words >> amount;
    shim_book("", 2, 0, 0, 0, 0, 0, 0, 0, "Deposit", amount, 0);
  } else if (word == "close") {
    words >> id;
    int at = shim_at(id);
    if (at >= 0) {
      ShimPosition p = shim_broker.positions[(size_t)at];
      MqlTick tick = shim_last(p.symbol);
      shim_leave((size_t)at, p.lots, p.type == 0 ? tick.bid : tick.ask, shim_broker.next++, 0, 0, 1, "");
    }
  } else if (word == "open") {
    MqlTradeRequest r;
    std::string symbol;
    words >> symbol >> r.volume;
    shim_deal(r, symbol, shim_last(symbol).ask, shim_broker.next++);
  } else if (word == "levels") {
    double sl, tp;
    words >> id >> sl >> tp;
    int at = shim_at(id);
    if (at >= 0) { shim_broker.positions[(size_t)at].sl = sl; shim_broker.positions[(size_t)at].tp = tp; }
    shim_traded = true;
  } else if (word == "swap") {
    double swap;
    words >> id >> swap;
    int at = shim_at(id);
    if (at >= 0) shim_broker.positions[(size_t)at].swap = swap;
  } else if (word == "forget") {
    words >> id;
    int at = shim_at(id);
    if (at >= 0) shim_broker.positions.erase(shim_broker.positions.begin() + at);
  } else
    return false;
  shim_keep();
  return true;
}
