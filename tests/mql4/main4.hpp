// Runs the Expert Advisor: its timer, and a broker that does what standard input says.
//   symbol NAME DIGITS BASE PROFIT CALC_MODE     tick NAME BID ASK     fill TICKET
//   open NAME TYPE LOTS PRICE (by hand)          part TICKET LOTS PRICE      hit TICKET PRICE COMMENT
//   money AMOUNT     fail CODE done|not     quit
#pragma once

#include <fcntl.h>

static void shim_obey(const std::string &line) {
  std::istringstream words(line);
  std::string word, name, base, profit;
  int ticket = 0;
  double lots = 0, price = 0;
  words >> word;
  if (word == "symbol") {
    ShimSymbol one;
    words >> name >> one.digits >> base >> profit >> one.calc_mode;
    one.name = wide(name);
    one.base = wide(base);
    one.profit = wide(profit);
    shim_symbols.push_back(one);
    return;
  }
  if (word == "tick") {
    words >> name;
    ShimSymbol *one = shim_find(wide(name));
    if (!one) return;
    words >> one->tick.bid >> one->tick.ask;
    one->tick.time = shim_broker_now();
    return;
  }
  if (word == "open") {
    ShimOrder o;
    words >> o.symbol >> o.type >> o.lots >> o.open;
    o.ticket = shim_next++;
    o.opened = shim_broker_now();
    shim_open.push_back(o);
  } else if (word == "part") {
    words >> ticket >> lots >> price;
    shim_split(shim_place(ticket), lots, price);
  } else if (word == "hit") {
    words >> ticket >> price >> name;
    int place = shim_place(ticket);
    shim_settle(place, price, (shim_open[place].comment + name).substr(0, 31));
  } else if (word == "fill") {
    words >> ticket;
    ShimOrder &o = shim_open[shim_place(ticket)];
    o.type = o.type % 2;
    o.opened = shim_broker_now();
  } else if (word == "money") {
    ShimOrder o;
    words >> o.profit;
    o.ticket = shim_next++;
    o.type = 6;
    o.opened = o.closed = shim_broker_now();
    o.comment = "Deposit";
    shim_balance += o.profit;
    shim_past.push_back(o);
  } else if (word == "fail") {
    words >> shim_fail >> name;
    shim_fail_done = name == "done";
    return;
  }
  shim_keep();
}

int main() {
  fcntl(0, F_SETFL, O_NONBLOCK);
  shim_load();
  if (OnInit() != INIT_SUCCEEDED) return 2;
  std::string waiting;
  char bytes[4096];
  for (bool on = true; on;) {
    ssize_t got = read(0, bytes, sizeof bytes);
    if (got == 0) break;
    if (got > 0) waiting.append(bytes, (size_t)got);
    for (size_t end; (end = waiting.find('\n')) != std::string::npos; waiting.erase(0, end + 1)) {
      std::string line = waiting.substr(0, end);
      if (line == "quit") on = false;
      else shim_obey(line);
    }
    OnTimer();
    std::this_thread::sleep_for(std::chrono::milliseconds(InpTimerMs));
  }
  OnDeinit(1);
  return 0;
}
