// What the terminal gives an Expert Advisor, as far as ours asks for it, with the quirks of the
// platform: SocketIsReadable may guess 1 once, SocketRead waits for all it was asked for, arrays
// abort when they are overrun, StringToCharArray copies the terminating zero.
#pragma once

#include <arpa/inet.h>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <codecvt>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <locale>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

typedef unsigned char uchar;
typedef unsigned short ushort;
typedef unsigned int uint;
typedef unsigned long ulong;
typedef long datetime;
typedef std::u16string string;

static_assert(sizeof(long) == 8, "a long of MQL5 has 64 bits");

template <typename T> class MqlArray {
  std::vector<T> m_items;

public:
  T &operator[](size_t i) {
    if (i >= m_items.size()) throw std::out_of_range("array out of range");
    return m_items[i];
  }
  const T &operator[](size_t i) const {
    if (i >= m_items.size()) throw std::out_of_range("array out of range");
    return m_items[i];
  }
  std::vector<T> &items() { return m_items; }
  const std::vector<T> &items() const { return m_items; }
};

const int INVALID_HANDLE = -1, WHOLE_ARRAY = -1, CP_UTF8 = 65001;
const int INIT_SUCCEEDED = 0, INIT_FAILED = 1, INIT_PARAMETERS_INCORRECT = 32767;
const int CRYPT_HASH_SHA256 = 5;
const int COPY_TICKS_INFO = 1;
enum ENUM_SYMBOL { SYMBOL_DIGITS, SYMBOL_POINT, SYMBOL_TRADE_CONTRACT_SIZE, SYMBOL_VOLUME_MIN, SYMBOL_VOLUME_MAX, SYMBOL_VOLUME_STEP, SYMBOL_TRADE_STOPS_LEVEL, SYMBOL_FILLING_MODE, SYMBOL_TRADE_EXEMODE, SYMBOL_TRADE_MODE, SYMBOL_TRADE_CALC_MODE, SYMBOL_CURRENCY_BASE, SYMBOL_CURRENCY_PROFIT, SYMBOL_CURRENCY_MARGIN, SYMBOL_PATH, SYMBOL_SELECT, SYMBOL_SWAP_MODE, SYMBOL_SWAP_LONG, SYMBOL_SWAP_SHORT, SYMBOL_SWAP_ROLLOVER3DAYS, SYMBOL_BID, SYMBOL_ASK };
enum ENUM_ACCOUNT { ACCOUNT_LOGIN, ACCOUNT_SERVER, ACCOUNT_COMPANY, ACCOUNT_CURRENCY, ACCOUNT_MARGIN_MODE, ACCOUNT_TRADE_MODE, ACCOUNT_LEVERAGE, ACCOUNT_BALANCE, ACCOUNT_EQUITY, ACCOUNT_MARGIN, ACCOUNT_CREDIT, ACCOUNT_CURRENCY_DIGITS, ACCOUNT_TRADE_ALLOWED, ACCOUNT_TRADE_EXPERT };
enum ENUM_TERMINAL { TERMINAL_BUILD, TERMINAL_CONNECTED, TERMINAL_TRADE_ALLOWED };
enum ENUM_MQL { MQL_TRADE_ALLOWED };
enum ENUM_TIMEFRAMES { PERIOD_M1 = 1, PERIOD_M5 = 5, PERIOD_M15 = 15, PERIOD_M30 = 30, PERIOD_H1 = 16385, PERIOD_H4 = 16388, PERIOD_D1 = 16408 };
struct MqlRates {
  datetime time;
  double open, high, low, close;
  long tick_volume;
  int spread;
  long real_volume;
};

struct MqlTick {
  datetime time;
  double bid, ask, last;
  ulong volume;
  long time_msc;
  uint flags;
  double volume_real;
};

struct ShimSymbol {
  string name;
  int digits = 5, calc_mode = 0;
  string base, profit;
  bool selected = false;
  std::vector<MqlTick> ticks;
};

inline std::vector<ShimSymbol> shim_symbols;
inline int shim_error = 0;
inline long shim_ahead = 7200;
inline string shim_comment;
inline bool shim_guessed = false;

inline std::string narrow(const string &text) {
  std::wstring_convert<std::codecvt_utf8_utf16<char16_t>, char16_t> convert("?");
  return convert.to_bytes(text);
}
inline string wide(const std::string &text) {
  std::wstring_convert<std::codecvt_utf8_utf16<char16_t>, char16_t> convert("?", u"?");
  return convert.from_bytes(text);
}

template <typename T> T ShimInput(const char *name, T value);
template <> inline string ShimInput<string>(const char *name, string value) {
  const char *given = std::getenv(name);
  return given ? wide(given) : value;
}
template <> inline int ShimInput<int>(const char *name, int value) {
  const char *given = std::getenv(name);
  return given ? std::atoi(given) : value;
}
template <> inline bool ShimInput<bool>(const char *name, bool value) {
  const char *given = std::getenv(name);
  return given ? std::string(given) == "true" : value;
}

template <> inline double ShimInput<double>(const char *name, double value) {
  const char *given = std::getenv(name);
  return given ? std::atof(given) : value;
}

inline int GetLastError() { return shim_error; }
inline void ResetLastError() { shim_error = 0; }

template <typename T> int ArraySize(const MqlArray<T> &a) { return (int)a.items().size(); }
template <typename T> int ArrayResize(MqlArray<T> &a, int n) {
  a.items().resize(n);
  return n;
}
template <typename T, typename V> void ArrayInitialize(MqlArray<T> &a, V value) {
  std::fill(a.items().begin(), a.items().end(), (T)value);
}
template <typename T>
int ArrayCopy(MqlArray<T> &to, const MqlArray<T> &from, int to_at, int from_at, int count) {
  if (to_at + count > ArraySize(to)) to.items().resize(to_at + count);
  for (int i = 0; i < count; i++) to[to_at + i] = from[from_at + i];
  return count;
}

inline int StringLen(const string &s) { return (int)s.size(); }
inline string StringSubstr(const string &s, int at, int count) { return s.substr(at, count); }
inline ushort StringGetCharacter(const string &s, int at) { return at < (int)s.size() ? s[at] : 0; }
inline int StringFind(const string &s, const string &what, int from) {
  size_t at = s.find(what, from);
  return at == string::npos ? -1 : (int)at;
}
inline string ShortToString(ushort unit) { return string(1, (char16_t)unit); }
inline string IntegerToString(long value) { return wide(std::to_string(value)); }
inline string DoubleToString(double value, int digits) {
  char made[64];
  std::snprintf(made, sizeof made, "%.*f", digits, value);
  return wide(made);
}
inline long StringToInteger(const string &s) { return std::strtol(narrow(s).c_str(), nullptr, 10); }
inline int StringToCharArray(const string &s, MqlArray<uchar> &to, int, int, int) {
  std::string bytes = narrow(s);
  to.items().assign(bytes.begin(), bytes.end());
  to.items().push_back(0);
  return (int)bytes.size() + 1;
}
inline string CharArrayToString(const MqlArray<uchar> &a, int at, int count, int) {
  std::string bytes;
  for (int i = 0; i < count && at + i < ArraySize(a) && a[at + i] != 0; i++) bytes += (char)a[at + i];
  return wide(bytes);
}

inline long shim_now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}
inline datetime TimeGMT() { return shim_now_ms() / 1000; }
inline datetime TimeTradeServer() { return TimeGMT() + shim_ahead; }
inline datetime TimeCurrent() {
  datetime latest = 0;
  for (const ShimSymbol &one : shim_symbols)
    if (!one.ticks.empty()) latest = std::max(latest, one.ticks.back().time);
  return latest;
}
// Pauses and patience pass SHIM_HURRY times as fast.
inline ulong shim_hurry() {
  static const char *given = std::getenv("SHIM_HURRY");
  return given ? (ulong)std::atoi(given) : 1;
}
inline ulong GetTickCount64() {
  return shim_hurry() * (ulong)std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
inline ulong GetMicrosecondCount() {
  return (ulong)std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
inline void Print(const string &text) { std::cout << "print: " << narrow(text) << std::endl; }

// FIPS 180-4.
inline uint shim_right(uint x, int n) { return (x >> n) | (x << (32 - n)); }
inline int CryptEncode(int, const MqlArray<uchar> &from, const MqlArray<uchar> &, MqlArray<uchar> &to) {
  uint k[64], h[8];
  int found = 0;
  for (int p = 2; found < 64; p++) {
    bool prime = true;
    for (int d = 2; d * d <= p; d++) prime = prime && p % d != 0;
    if (!prime) continue;
    long double root = cbrtl((long double)p), square = sqrtl((long double)p);
    k[found] = (uint)((root - floorl(root)) * 4294967296.0L);
    if (found < 8) h[found] = (uint)((square - floorl(square)) * 4294967296.0L);
    found++;
  }
  std::vector<uchar> m = from.items();
  ulong bits = m.size() * 8;
  m.push_back(0x80);
  while (m.size() % 64 != 56) m.push_back(0);
  for (int i = 7; i >= 0; i--) m.push_back((uchar)(bits >> (8 * i)));
  for (size_t at = 0; at < m.size(); at += 64) {
    uint w[64], v[8];
    for (int i = 0; i < 16; i++) w[i] = (uint)m[at + 4 * i] << 24 | (uint)m[at + 4 * i + 1] << 16 | (uint)m[at + 4 * i + 2] << 8 | m[at + 4 * i + 3];
    for (int i = 16; i < 64; i++) {
      uint a = w[i - 15], b = w[i - 2];
      w[i] = w[i - 16] + (shim_right(a, 7) ^ shim_right(a, 18) ^ (a >> 3)) + w[i - 7] + (shim_right(b, 17) ^ shim_right(b, 19) ^ (b >> 10));
    }
    std::copy(h, h + 8, v);
    for (int i = 0; i < 64; i++) {
      uint a = v[0], e = v[4];
      uint one = v[7] + (shim_right(e, 6) ^ shim_right(e, 11) ^ shim_right(e, 25)) + ((e & v[5]) ^ (~e & v[6])) + k[i] + w[i];
      uint two = (shim_right(a, 2) ^ shim_right(a, 13) ^ shim_right(a, 22)) + ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));
      for (int j = 7; j > 0; j--) v[j] = v[j - 1];
      v[4] += one;
      v[0] = one + two;
    }
    for (int i = 0; i < 8; i++) h[i] += v[i];
  }
  to.items().clear();
  for (uint one : h) for (int i = 3; i >= 0; i--) to.items().push_back((uchar)(one >> (8 * i)));
  return 32;
}
inline int StringSplit(const string &s, ushort at, MqlArray<string> &to) {
  to.items().clear();
  size_t from = 0;
  for (size_t end; (end = s.find((char16_t)at, from)) != string::npos; from = end + 1) to.items().push_back(s.substr(from, end - from));
  to.items().push_back(s.substr(from));
  return (int)to.items().size();
}
inline int StringReplace(string &s, const string &what, const string &with) {
  int count = 0;
  for (size_t at = 0; (at = s.find(what, at)) != string::npos; at += with.size(), count++) s.replace(at, what.size(), with);
  return count;
}
inline void StringTrimLeft(string &s) { while (!s.empty() && s.front() <= u' ') s.erase(s.begin()); }
inline void StringTrimRight(string &s) { while (!s.empty() && s.back() <= u' ') s.pop_back(); }
inline double StringToDouble(const string &s) { return std::atof(narrow(s).c_str()); }

// Files of the sandbox: in the folder that SHIM_FILES names. One program at a time has a file.
const int FILE_READ = 1, FILE_WRITE = 2, FILE_TXT = 16, FILE_ANSI = 32, FILE_SHARE_READ = 128, FILE_SHARE_WRITE = 256;
const int SHIM_UNUSED = 0;
inline std::map<int, FILE *> shim_files;
inline void shim_step(const char *);
inline int FileOpen(const string &name, int flags) {
  const char *folder = std::getenv("SHIM_FILES");
  std::string path = std::string(folder ? folder : "/nonexistent") + "/" + narrow(name);
  if (!(flags & FILE_WRITE)) {
    FILE *file = std::fopen(path.c_str(), "r");
    if (!file) { shim_error = 5004; return INVALID_HANDLE; }
    shim_files[fileno(file)] = file;
    return fileno(file);
  }
  int handle = open(path.c_str(), O_RDWR | O_CREAT, 0600);
  if (handle < 0 || flock(handle, LOCK_EX | LOCK_NB) != 0) {
    if (handle >= 0) close(handle);
    shim_error = 5004;
    return INVALID_HANDLE;
  }
  shim_files[handle] = fdopen(handle, "r+");
  return handle;
}
inline bool FileIsEnding(int h) {
  int one = std::fgetc(shim_files.at(h));
  if (one != EOF) std::ungetc(one, shim_files.at(h));
  return one == EOF;
}
inline string FileReadString(int h) {
  std::string line;
  for (int one; (one = std::fgetc(shim_files.at(h))) != EOF && one != '\n';) if (one != '\r') line += (char)one;
  return wide(line);
}
inline bool FileSeek(int h, long, int) { return std::fseek(shim_files.at(h), 0, SEEK_END) == 0; }
inline uint FileWriteString(int h, const string &text) {
  shim_step("before FileWriteString");
  std::string bytes = narrow(text);
  size_t n = std::fwrite(bytes.data(), 1, bytes.size(), shim_files.at(h));
  return (uint)n;
}
inline void FileFlush(int h) {
  shim_step("before FileFlush");
  std::fflush(shim_files.at(h));
  shim_step("after FileFlush");
}
inline void FileClose(int h) {
  std::fclose(shim_files.at(h));
  shim_files.erase(h);
}

inline void MathSrand(int seed) { std::srand((unsigned)seed); }
inline int MathRand() { return std::rand() % 32768; }
inline bool EventSetMillisecondTimer(int) { return true; }
inline void EventKillTimer() {}
inline long ChartID() { return 42; }
inline void Comment(const string &text) {
  if (text == shim_comment) return;
  shim_comment = text;
  std::cout << "comment: " << narrow(text) << std::endl;
}

inline string AccountInfoString(ENUM_ACCOUNT what) {
  return what == ACCOUNT_CURRENCY ? u"USD" : what == ACCOUNT_SERVER ? u"Demo" : u"A \"Broker\" £";
}
inline long MQLInfoInteger(ENUM_MQL) { return 1; }
inline bool shim_online = true;
inline long TerminalInfoInteger(ENUM_TERMINAL what) { return what == TERMINAL_BUILD ? 5120 : what == TERMINAL_CONNECTED ? shim_online : 1; }

inline ShimSymbol *shim_find(const string &name) {
  for (ShimSymbol &one : shim_symbols)
    if (one.name == name) return &one;
  return nullptr;
}
inline int SymbolsTotal(bool) { return (int)shim_symbols.size(); }
inline string SymbolName(int at, bool) { return shim_symbols.at(at).name; }
inline bool SymbolSelect(const string &name, bool on) {
  ShimSymbol *one = shim_find(name);
  if (one) one->selected = on;
  return one != nullptr;
}
inline long shim_flags();
inline long SymbolInfoInteger(const string &name, ENUM_SYMBOL what) {
  const ShimSymbol *one = shim_find(name);
  if (!one) return 0;
  switch (what) {
  case SYMBOL_DIGITS: return one->digits;
  case SYMBOL_TRADE_CALC_MODE: return one->calc_mode;
  case SYMBOL_SELECT: return one->selected;
  case SYMBOL_TRADE_MODE: return 4;
  case SYMBOL_TRADE_EXEMODE: return 2;
  case SYMBOL_FILLING_MODE: return shim_flags();
  case SYMBOL_SWAP_MODE: return 1;
  case SYMBOL_SWAP_ROLLOVER3DAYS: return 3;
  default: return 0;
  }
}
inline double SymbolInfoDouble(const string &name, ENUM_SYMBOL what) {
  const ShimSymbol *one = shim_find(name);
  if (!one) return 0;
  switch (what) {
  case SYMBOL_POINT: { double point = 1; for (int i = 0; i < one->digits; i++) point /= 10; return point; }
  case SYMBOL_TRADE_CONTRACT_SIZE: return 100000;
  case SYMBOL_VOLUME_MAX: return 100;
  case SYMBOL_SWAP_LONG: return -7.25;
  case SYMBOL_SWAP_SHORT: return 2.5;
  case SYMBOL_BID: return one->ticks.empty() ? 0 : one->ticks.back().bid;
  case SYMBOL_ASK: return one->ticks.empty() ? 0 : one->ticks.back().ask;
  default: return 0.01;
  }
}
inline string SymbolInfoString(const string &name, ENUM_SYMBOL what) {
  const ShimSymbol *one = shim_find(name);
  if (!one) return u"";
  return what == SYMBOL_CURRENCY_BASE ? one->base : what == SYMBOL_PATH ? u"Forex\\Majors" : one->profit;
}
inline int CopyTicks(const string &name, MqlArray<MqlTick> &to, uint, ulong from, uint count) {
  to.items().clear();
  const ShimSymbol *one = shim_find(name);
  if (!one) return -1;
  const std::vector<MqlTick> &all = one->ticks;
  if (from == 0) {
    size_t first = all.size() > count ? all.size() - count : 0;
    to.items().assign(all.begin() + first, all.end());
  } else
    for (const MqlTick &tick : all)
      if ((ulong)tick.time_msc >= from && to.items().size() < count) to.items().push_back(tick);
  return ArraySize(to);
}

inline int SocketCreate() { return socket(AF_INET, SOCK_STREAM, 0); }
inline void SocketClose(int h) { close(h); }
inline bool SocketConnect(int h, const string &host, uint port, uint) {
  const char *allowed = std::getenv("SHIM_ALLOWED");
  if (allowed && narrow(host) != allowed) { shim_error = 4014; return false; }
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons((uint16_t)port);
  if (inet_pton(AF_INET, narrow(host).c_str(), &to.sin_addr) != 1 || connect(h, (sockaddr *)&to, sizeof to) != 0) {
    shim_error = 5272;
    return false;
  }
  shim_guessed = false;
  return true;
}
inline bool SocketTimeouts(int, uint, uint) { return true; }
inline bool SocketIsConnected(int h) {
  char one;
  ssize_t got = recv(h, &one, 1, MSG_PEEK | MSG_DONTWAIT);
  return got > 0 || (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK));
}
inline uint SocketIsReadable(int h) {
  int waiting = 0;
  ioctl(h, FIONREAD, &waiting);
  if (waiting == 0 && !shim_guessed) { shim_guessed = true; return 1; }
  return (uint)waiting;
}
inline int SocketRead(int h, MqlArray<uchar> &to, uint most, uint timeout_ms) {
  to.items().assign(most, 0);
  uint got = 0;
  ulong until = GetTickCount64() + (timeout_ms ? timeout_ms : 120000);
  while (got < most) {
    long left = (long)until - (long)GetTickCount64();
    pollfd waits{h, POLLIN, 0};
    if (left < 0 || poll(&waits, 1, (int)left) <= 0) break;
    ssize_t n = recv(h, to.items().data() + got, most - got, 0);
    if (n <= 0) { shim_error = 5273; return got ? (int)got : -1; }
    got += (uint)n;
  }
  to.items().resize(got);
  return got ? (int)got : -1;
}
inline int SocketSend(int h, const MqlArray<uchar> &from, uint count) {
  ssize_t n = send(h, from.items().data(), count, MSG_NOSIGNAL);
  if (n < 0) { shim_error = 5273; return -1; }
  return (int)n;
}

inline int CopyRates(const string &name, ENUM_TIMEFRAMES frame, datetime from, datetime to, MqlArray<MqlRates> &out) {
  out.items().clear();
  const ShimSymbol *one = shim_find(name);
  if (!one) return -1;
  long seconds = frame < 16385 ? frame * 60 : frame == PERIOD_D1 ? 86400 : (frame - 16384) * 3600;
  for (const MqlTick &tick : one->ticks) {
    datetime opens = tick.time - tick.time % seconds;
    if (opens < from || opens > to) continue;
    if (out.items().empty() || out.items().back().time != opens) out.items().push_back({opens, tick.bid, tick.bid, tick.bid, tick.bid, 0, 0, 0});
    MqlRates &bar = out.items().back();
    bar.high = std::max(bar.high, tick.bid);
    bar.low = std::min(bar.low, tick.bid);
    bar.close = tick.bid;
  }
  return ArraySize(out);
}

#include "broker.hpp"

inline long shim_flags() { return shim_broker.flags; }
