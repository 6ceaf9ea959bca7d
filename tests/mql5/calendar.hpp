// The economic calendar of a terminal whose broker is ahead of UTC by what SHIM_AHEAD says, and
// what else a script needs. Times are of 2026-11-06 and 2026-11-07 by the broker's clock.
#pragma once
#include "shim.hpp"

enum ENUM_CALENDAR_EVENT_IMPORTANCE { CALENDAR_IMPORTANCE_NONE, CALENDAR_IMPORTANCE_LOW, CALENDAR_IMPORTANCE_MODERATE, CALENDAR_IMPORTANCE_HIGH };
enum ENUM_CALENDAR_EVENT_TIMEMODE { CALENDAR_TIMEMODE_DATETIME, CALENDAR_TIMEMODE_DATE, CALENDAR_TIMEMODE_NOTIME, CALENDAR_TIMEMODE_TENTATIVE };
const int TIME_DATE = 1, TIME_SECONDS = 4, FILE_REWRITE = 512;

struct MqlCalendarValue {
  ulong event_id;
  datetime time;
};
struct MqlCalendarEvent {
  ulong id, country_id;
  ENUM_CALENDAR_EVENT_TIMEMODE time_mode;
  ENUM_CALENDAR_EVENT_IMPORTANCE importance;
  string name;
};
struct MqlCalendarCountry {
  string currency;
};

inline bool CalendarValueHistory(MqlArray<MqlCalendarValue> &values, datetime, datetime) {
  if (std::getenv("SHIM_NO_CALENDAR")) return false;
  const datetime half_past_three = 1793979000; // 2026-11-06 15:30
  values.items() = {{1, half_past_three}, {2, half_past_three + 9 * 3600}, {3, half_past_three}, {9, half_past_three}, {4, half_past_three}};
  return true;
}
inline bool CalendarEventById(ulong id, MqlCalendarEvent &one) {
  if (id == 1) one = {1, 840, CALENDAR_TIMEMODE_DATETIME, CALENDAR_IMPORTANCE_HIGH, wide("Non-Farm \"Payrolls\", s.a.")};
  else if (id == 2) one = {2, 999, CALENDAR_TIMEMODE_DATETIME, CALENDAR_IMPORTANCE_MODERATE, wide("Zürich G20")};
  else if (id == 3) one = {3, 840, CALENDAR_TIMEMODE_DATE, CALENDAR_IMPORTANCE_NONE, wide("Holiday")};
  else if (id == 4) one = {4, 840, CALENDAR_TIMEMODE_DATETIME, CALENDAR_IMPORTANCE_LOW, wide("Speech")};
  return id <= 4;
}
inline bool CalendarCountryById(ulong id, MqlCalendarCountry &one) {
  one.currency = wide(id == 999 ? "ALL" : "USD");
  return true;
}
inline string TimeToString(datetime at, int) {
  time_t seconds = (time_t)at;
  char text[32];
  std::strftime(text, sizeof text, "%Y.%m.%d %H:%M:%S", gmtime(&seconds));
  return wide(text);
}
inline int FileOpen(const string &name, int flags, int, int) { return FileOpen(name, flags); }
inline bool FileMove(const string &from, int, const string &to, int) {
  std::string folder = std::string(std::getenv("SHIM_FILES")) + "/";
  return std::rename((folder + narrow(from)).c_str(), (folder + narrow(to)).c_str()) == 0;
}
