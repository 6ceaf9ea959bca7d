// Runs the Expert Advisor: its timer, and a broker that does what standard input says.
//   symbol NAME DIGITS BASE PROFIT CALC_MODE     tick NAME AHEAD_MS BID ASK     ahead SECONDS     quit
#pragma once

static void shim_obey(const std::string &line) {
  std::istringstream words(line);
  std::string word, name, base, profit;
  words >> word;
  if (word == "symbol") {
    ShimSymbol one;
    words >> name >> one.digits >> base >> profit >> one.calc_mode;
    one.name = wide(name);
    one.base = wide(base);
    one.profit = wide(profit);
    shim_symbols.push_back(one);
  } else if (word == "tick") {
    MqlTick tick{};
    long later = 0;
    words >> name >> later >> tick.bid >> tick.ask;
    tick.time_msc = shim_now_ms() + shim_ahead * 1000 + later;
    tick.time = tick.time_msc / 1000;
    ShimSymbol *one = shim_find(wide(name));
    if (one) one->ticks.push_back(tick);
    shim_reach(name);
    OnTick();
  } else if (word == "ahead")
    words >> shim_ahead;
  else
    shim_by_hand(word, words);
}

int main() {
  fcntl(0, F_SETFL, O_NONBLOCK);
  shim_broker.netting = std::getenv("SHIM_NETTING") != nullptr;
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
    if (shim_traded) {
      shim_traded = false;
      OnTrade();
    }
    OnTimer();
    std::this_thread::sleep_for(std::chrono::milliseconds(InpTimerMs));
  }
  OnDeinit(1);
  return 0;
}
