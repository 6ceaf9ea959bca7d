// What a MetaTrader 4 terminal gives an Expert Advisor, as far as ours asks for it, with the quirks of
// the platform: GetLastError forgets what it has told, GetTickCount has 32 bits, arrays abort when
// they are overrun, texts have 16-bit units. The broker lives in broker4.hpp.
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <codecvt>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <locale>
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

static_assert(sizeof(long) == 8, "a long of MQL4 has 64 bits");

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

const int INVALID_HANDLE = -1, CP_UTF8 = 65001;
const int INIT_SUCCEEDED = 0, INIT_FAILED = 1;
const int FILE_READ = 1, FILE_WRITE = 2, FILE_TXT = 16, FILE_ANSI = 32;

inline int shim_error = 0;
inline string shim_comment;

inline std::string narrow(const string &text) {
  std::wstring_convert<std::codecvt_utf8_utf16<char16_t>, char16_t> convert("?");
  return convert.to_bytes(text);
}
inline string wide(const std::string &text) {
  std::wstring_convert<std::codecvt_utf8_utf16<char16_t>, char16_t> convert("?", u"?");
  return convert.from_bytes(text);
}

inline const char *shim_given(const char *name) { return std::getenv(name); }
template <typename T> T ShimInput(const char *name, T value);
template <> inline string ShimInput<string>(const char *name, string value) { return shim_given(name) ? wide(shim_given(name)) : value; }
template <> inline int ShimInput<int>(const char *name, int value) { return shim_given(name) ? std::atoi(shim_given(name)) : value; }
template <> inline double ShimInput<double>(const char *name, double value) { return shim_given(name) ? std::atof(shim_given(name)) : value; }
template <> inline bool ShimInput<bool>(const char *name, bool value) { return shim_given(name) ? std::string(shim_given(name)) == "true" : value; }

inline int GetLastError() { int told = shim_error; shim_error = 0; return told; }
inline void ResetLastError() { shim_error = 0; }

template <typename T> int ArraySize(const MqlArray<T> &a) { return (int)a.items().size(); }
template <typename T> int ArrayResize(MqlArray<T> &a, int n) { a.items().resize(n); return n; }

inline int StringLen(const string &s) { return (int)s.size(); }
inline string StringSubstr(const string &s, int at, int count) { return s.substr(at, count); }
inline ushort StringGetCharacter(const string &s, int at) { return at < (int)s.size() ? s[at] : 0; }
inline int StringFind(const string &s, const string &what, int from) {
  size_t at = s.find(what, from);
  return at == string::npos ? -1 : (int)at;
}
inline int StringReplace(string &s, const string &what, const string &by) {
  int count = 0;
  for (size_t at = 0; (at = s.find(what, at)) != string::npos; at += by.size(), count++) s.replace(at, what.size(), by);
  return count;
}
inline int StringSplit(const string &s, ushort by, MqlArray<string> &to) {
  to.items().clear();
  size_t at = 0, end;
  while ((end = s.find((char16_t)by, at)) != string::npos) { to.items().push_back(s.substr(at, end - at)); at = end + 1; }
  to.items().push_back(s.substr(at));
  return ArraySize(to);
}
inline string ShortToString(ushort unit) { return string(1, (char16_t)unit); }
inline string IntegerToString(long value) { return wide(std::to_string(value)); }
inline string DoubleToString(double value, int digits) {
  char made[64];
  std::snprintf(made, sizeof made, "%.*f", digits, value);
  return wide(made);
}
inline long StringToInteger(const string &s) { return std::strtol(narrow(s).c_str(), nullptr, 10); }
inline double StringToDouble(const string &s) { return std::strtod(narrow(s).c_str(), nullptr); }
inline int StringToCharArray(const string &s, MqlArray<char> &to, int, int, int) {
  std::string bytes = narrow(s);
  to.items().assign(bytes.begin(), bytes.end());
  to.items().push_back(0);
  return (int)bytes.size() + 1;
}
inline string CharArrayToString(const MqlArray<char> &a, int at, int count, int) {
  std::string bytes;
  for (int i = 0; i < count && at + i < ArraySize(a) && a[at + i] != 0; i++) bytes += a[at + i];
  return wide(bytes);
}
inline double MathAbs(double value) { return std::fabs(value); }
inline void MathSrand(int seed) { std::srand((unsigned)seed); }
inline int MathRand() { return std::rand() % 32768; }
inline void Sleep(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

inline long shim_now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}
inline datetime TimeGMT() { return shim_now_ms() / 1000; }
inline ulong GetMicrosecondCount() { return (ulong)std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch()).count(); }
inline uint GetTickCount() {
  // SHIM_TICKS is where the counter stands when the program begins, to see it begin anew.
  static const ulong begun = GetMicrosecondCount() / 1000;
  static const ulong stands = shim_given("SHIM_TICKS") ? std::strtoul(shim_given("SHIM_TICKS"), nullptr, 10) : 5000;
  return (uint)(stands + GetMicrosecondCount() / 1000 - begun);
}
inline bool EventSetMillisecondTimer(int) { return true; }
inline void EventKillTimer() {}
inline void Comment(const string &text) {
  if (text == shim_comment) return;
  shim_comment = text;
  std::cout << "comment: " << narrow(text) << std::endl;
}

// Files: one line-wise text file, in the folder SHIM_FILES; open for one only.
inline std::fstream shim_file;
inline int FileOpen(const string &name, int) {
  std::string path = std::string(shim_given("SHIM_FILES")) + "/" + narrow(name);
  std::ofstream(path, std::ios::app);
  shim_file.open(path, std::ios::in | std::ios::out | std::ios::binary);
  if (!shim_file) { shim_error = 5004; return INVALID_HANDLE; }
  return 7;
}
inline bool FileIsEnding(int) { return !shim_file || shim_file.peek() == EOF; }
inline string FileReadString(int) {
  std::string line;
  std::getline(shim_file, line);
  while (!line.empty() && line.back() == '\r') line.pop_back();
  return wide(line);
}
#undef SEEK_END
const int SEEK_END = 2;
inline bool FileSeek(int, long, int) { shim_file.clear(); shim_file.seekg(0, std::ios::end); shim_file.seekp(0, std::ios::end); return true; }
inline ulong FileTell(int) { return (ulong)(long)shim_file.tellp(); }
inline uint FileWriteString(int, const string &text) {
  const char *full = shim_given("SHIM_FULL");
  if (full && text.find(wide(full)) != string::npos) { shim_error = 5027; return 0; }
  shim_file << narrow(text);
  return (uint)text.size();
}
inline void FileFlush(int) { shim_file.flush(); }
inline void FileClose(int) { shim_file.close(); }

// HTTP as WebRequest does it: one request, one answer, -1 where there is none.
inline int WebRequest(const string &method, const string &url, const string &headers, int timeout_ms, const MqlArray<char> &data, MqlArray<char> &result, string &result_headers) {
  std::string where = narrow(url);
  const char *allowed = shim_given("SHIM_ALLOWED");
  if (allowed && where.rfind(allowed, 0) != 0) { shim_error = 4060; return -1; }
  size_t slash = where.find('/', 7), colon = where.find(':', 7);
  if (where.rfind("http://", 0) != 0 || slash == std::string::npos || colon > slash) { shim_error = 5200; return -1; }
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons((uint16_t)std::atoi(where.c_str() + colon + 1));
  int line = socket(AF_INET, SOCK_STREAM, 0);
  timeval patience{timeout_ms / 1000, (timeout_ms % 1000) * 1000};
  setsockopt(line, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::string got, body(data.items().begin(), data.items().end());
  std::string asked = narrow(method) + " " + where.substr(slash) + " HTTP/1.1\r\nHost: " + where.substr(7, slash - 7) + "\r\n" + narrow(headers) + "Connection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  bool there = inet_pton(AF_INET, where.substr(7, colon - 7).c_str(), &to.sin_addr) == 1 && connect(line, (sockaddr *)&to, sizeof to) == 0;
  if (there) {
    for (size_t at = 0; at < asked.size();) {
      ssize_t n = send(line, asked.data() + at, asked.size() - at, MSG_NOSIGNAL);
      if (n <= 0) break;
      at += (size_t)n;
    }
    char bytes[65536];
    for (ssize_t n; (n = recv(line, bytes, sizeof bytes, 0)) > 0;) got.append(bytes, (size_t)n);
  }
  close(line);
  size_t end = got.find("\r\n\r\n");
  if (end == std::string::npos || got.size() < 12) { shim_error = there ? 5203 : 5201; return -1; }
  size_t length = got.find("Content-Length: ");
  if (length < end && got.size() - end - 4 != std::strtoul(got.c_str() + length + 16, nullptr, 10)) { shim_error = 5203; return -1; }
  result.items().assign(got.begin() + (long)end + 4, got.end());
  result_headers = wide(got.substr(0, end));
  return std::atoi(got.c_str() + 9);
}
